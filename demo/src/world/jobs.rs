//! Jobs, where they are done, and what those who do them make or do.

use super::language::{Gender, Language, Word, word};

/// A job. Hebrew has a form for each gender.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The title; Hebrew masculine.
    pub title: Word,
    /// The Hebrew feminine title.
    pub feminine: &'static str,
    /// Where the job is done, indefinite ("bakery").
    pub place: Word,
    /// The definite Hebrew place without its preposition, ready for one ("מאפייה" in "במאפייה",
    /// "בית הספר" in "בבית הספר").
    pub place_after_prefix: &'static str,
    /// What one does there, as a verb phrase: English base form ("bake bread"), Hebrew as
    /// `[masculine|feminine]`, Japanese attributive ("パンを焼く").
    pub activity: Word,
}

impl Job {
    /// The title that agrees with a person.
    pub fn title_for(&self, language: Language, gender: Gender) -> &'static str {
        match language {
            Language::Hebrew => gender.choose(self.title.he, self.feminine),
            _ => self.title.in_language(language),
        }
    }
}

const fn job(
    title: Word,
    feminine: &'static str,
    place: Word,
    place_after_prefix: &'static str,
    activity: Word,
) -> Job {
    Job { title, feminine, place, place_after_prefix, activity }
}

/// All jobs.
#[rustfmt::skip]
pub const JOBS: [Job; 16] = [
    job(word("baker", "אופה", "パン屋"), "אופה", word("bakery", "מאפייה", "パン工房"), "מאפייה",
        word("bake bread", "[אופה|אופה] לחם", "パンを焼く")),
    job(word("teacher", "מורה", "教師"), "מורה", word("school", "בית ספר", "学校"), "בית הספר",
        word("teach children", "[מלמד|מלמדת] ילדים", "子どもに教える")),
    job(word("doctor", "רופא", "医者"), "רופאה", word("hospital", "בית חולים", "病院"), "בית החולים",
        word("heal the sick", "[מרפא|מרפאת] חולים", "病気を治す")),
    job(word("farmer", "חקלאי", "農民"), "חקלאית", word("field", "שדה", "畑"), "שדה",
        word("grow wheat", "[זורע|זורעת] חיטה", "麦を育てる")),
    job(word("painter", "צייר", "画家"), "ציירת", word("studio", "סטודיו", "アトリエ"), "סטודיו",
        word("paint pictures", "[מצייר|מציירת] תמונות", "絵を描く")),
    job(word("singer", "זמר", "歌手"), "זמרת", word("stage", "במה", "舞台"), "במה",
        word("sing songs", "[שר|שרה] שירים", "歌を歌う")),
    job(word("cook", "טבח", "料理人"), "טבחית", word("kitchen", "מטבח", "台所"), "מטבח",
        word("cook meals", "[מבשל|מבשלת] ארוחות", "料理を作る")),
    job(word("driver", "נהג", "運転手"), "נהגת", word("bus", "אוטובוס", "バス"), "אוטובוס",
        word("drive the bus", "[נוהג|נוהגת] באוטובוס", "バスを運転する")),
    job(word("writer", "סופר", "作家"), "סופרת", word("office", "משרד", "書斎"), "משרד",
        word("write stories", "[כותב|כותבת] סיפורים", "物語を書く")),
    job(word("carpenter", "נגר", "大工"), "נגרית", word("workshop", "נגרייה", "作業場"), "נגרייה",
        word("build tables", "[בונה|בונה] שולחנות", "机を作る")),
    job(word("fisher", "דייג", "漁師"), "דייגת", word("harbour", "נמל", "港"), "נמל",
        word("catch fish", "[דג|דגה] דגים", "魚を捕る")),
    job(word("tailor", "חייט", "仕立屋"), "חייטת", word("sewing room", "מתפרה", "縫製室"), "מתפרה",
        word("sew clothes", "[תופר|תופרת] בגדים", "服を縫う")),
    job(word("judge", "שופט", "裁判官"), "שופטת", word("court", "בית משפט", "裁判所"), "בית המשפט",
        word("judge cases", "[דן|דנה] בתיקים", "事件を裁く")),
    job(word("dancer", "רקדן", "ダンサー"), "רקדנית", word("theatre", "תיאטרון", "劇場"), "תיאטרון",
        word("dance", "[רוקד|רוקדת]", "踊りを踊る")),
    job(word("librarian", "ספרן", "司書"), "ספרנית", word("library", "ספרייה", "図書館"), "ספרייה",
        word("lend books", "[משאיל|משאילה] ספרים", "本を貸す")),
    job(word("pilot", "טייס", "パイロット"), "טייסת", word("airport", "שדה תעופה", "空港"), "שדה התעופה",
        word("fly planes", "[מטיס|מטיסה] מטוסים", "飛行機を操縦する")),
];
