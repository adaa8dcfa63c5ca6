//! Deeds with a reason that tells who is meant: the semantics behind Winograd sentences.
//!
//! "Dana thanked Noa because she had helped": helping points to Noa, being helped to Dana. The
//! same reasons point elsewhere under another deed, so the deed has to be understood.

use super::template::fill;
use crate::world::{Gender, Language, Random};

/// A deed of one person towards another. Each array is English, Hebrew, Japanese; the reasons
/// are clauses without a subject and without a full stop.
pub struct Frame {
    /// `{a}` acts on `{b}`; ends where "because" follows.
    pub deed: [&'static str; 3],
    /// A reason that only fits the person who acts.
    pub of_actor: [&'static str; 3],
    /// A reason that only fits the other.
    pub of_other: [&'static str; 3],
}

const fn frame(
    deed: [&'static str; 3],
    of_actor: [&'static str; 3],
    of_other: [&'static str; 3],
) -> Frame {
    Frame { deed, of_actor, of_other }
}

/// All frames. Japanese reasons are plain-form clauses that "から" follows.
#[rustfmt::skip]
pub const FRAMES: [Frame; 16] = [
    frame(["{a} thanked {b}", "{a} [הודה|הודתה] ל{b}", "{a}は{b}に感謝した"],
        ["got help", "[קיבל|קיבלה] עזרה", "助けてもらった"],
        ["gave help", "[הגיש|הגישה] עזרה", "助けてあげた"]),
    frame(["{a} scolded {b}", "{a} [גער|גערה] ב{b}", "{a}は{b}を叱った"],
        ["was angry", "[כעס|כעסה]", "怒っていた"],
        ["was late", "[איחר|איחרה]", "遅れた"]),
    frame(["{a} asked {b} the way", "{a} [שאל|שאלה] את {b} על הדרך", "{a}は{b}に道を尋ねた"],
        ["was lost", "[הלך|הלכה] לאיבוד", "道に迷った"],
        ["knew the town", "[הכיר|הכירה] את העיר", "町を知っていた"]),
    frame(["{a} fed {b}", "{a} [האכיל|האכילה] את {b}", "{a}は{b}に食べさせた"],
        ["had baked a lot", "[אפה|אפתה] הרבה", "たくさん焼いた"],
        ["was hungry", "[היה רעב|הייתה רעבה]", "お腹が空いていた"]),
    frame(["{a} visited {b}", "{a} [ביקר|ביקרה] את {b}", "{a}は{b}を見舞った"],
        ["had a free day", "[היה פנוי|הייתה פנויה]", "暇だった"],
        ["was ill", "[היה חולה|הייתה חולה]", "病気だった"]),
    frame(["{a} envied {b}", "{a} [קינא|קינאה] ב{b}", "{a}は{b}をうらやんだ"],
        ["was poor", "[היה עני|הייתה ענייה]", "貧しかった"],
        ["was rich", "[היה עשיר|הייתה עשירה]", "豊かだった"]),
    frame(["{a} lost the race to {b}", "{a} [הפסיד|הפסידה] במרוץ ל{b}", "{a}は競走で{b}に負けた"],
        ["was slow", "[היה איטי|הייתה איטית]", "遅かった"],
        ["was fast", "[היה מהיר|הייתה מהירה]", "速かった"]),
    frame(["{a} paid {b}", "{a} [שילם|שילמה] ל{b}", "{a}は{b}にお金を払った"],
        ["bought a hat", "[קנה|קנתה] כובע", "帽子を買った"],
        ["sold a hat", "[מכר|מכרה] כובע", "帽子を売った"]),
    frame(["{a} woke {b}", "{a} [העיר|העירה] את {b}", "{a}は{b}を起こした"],
        ["heard a noise", "[שמע|שמעה] רעש", "物音を聞いた"],
        ["slept too long", "[ישן|ישנה] יותר מדי", "寝すぎた"]),
    frame(["{a} hid from {b}", "{a} [הסתתר|הסתתרה] מפני {b}", "{a}は{b}から隠れた"],
        ["was afraid", "[פחד|פחדה]", "怖がっていた"],
        ["was angry", "[כעס|כעסה]", "怒っていた"]),
    frame(["{a} taught {b}", "{a} [לימד|לימדה] את {b}", "{a}は{b}に歌を教えた"],
        ["sang well", "[שר|שרה] היטב", "歌が上手だった"],
        ["wanted to learn", "[רצה|רצתה] ללמוד", "習いたがっていた"]),
    frame(["{a} could not lift {b}", "{a} לא [הצליח|הצליחה] להרים את {b}", "{a}は{b}を持ち上げられなかった"],
        ["was weak", "[היה חלש|הייתה חלשה]", "弱かった"],
        ["was heavy", "[היה כבד|הייתה כבדה]", "重かった"]),
    frame(["{a} comforted {b}", "{a} [ניחם|ניחמה] את {b}", "{a}は{b}を慰めた"],
        ["was kind", "[היה טוב לב|הייתה טובת לב]", "優しかった"],
        ["was sad", "[היה עצוב|הייתה עצובה]", "悲しんでいた"]),
    frame(["{a} did not believe {b}", "{a} לא [האמין|האמינה] ל{b}", "{a}は{b}を信じなかった"],
        ["was careful", "[היה זהיר|הייתה זהירה]", "慎重だった"],
        ["told lies", "[שיקר|שיקרה]", "嘘をついた"]),
    frame(["{a} waited for {b}", "{a} [חיכה|חיכתה] ל{b}", "{a}は{b}を待った"],
        ["came early", "[הגיע|הגיעה] מוקדם", "早く着いた"],
        ["was late", "[איחר|איחרה]", "遅れた"]),
    frame(["{a} praised {b}", "{a} [שיבח|שיבחה] את {b}", "{a}は{b}を褒めた"],
        ["was pleased", "[היה מרוצה|הייתה מרוצה]", "満足していた"],
        ["won the race", "[ניצח|ניצחה] במרוץ", "競走に勝った"]),
];

/// A deed between two people of one gender, with a reason that points to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Index into [`FRAMES`].
    pub frame: usize,
    /// Whether the reason points to the one who acts.
    pub points_to_actor: bool,
    /// Gender of both.
    pub gender: Gender,
}

impl Deed {
    /// Draws a deed.
    pub fn draw(random: &mut Random) -> Self {
        Self {
            frame: random.below(FRAMES.len()),
            points_to_actor: random.chance(0.5),
            gender: if random.chance(0.5) { Gender::Feminine } else { Gender::Masculine },
        }
    }

    /// The same deed with the reason that points to the other person: its twin.
    pub fn twin(self) -> Self {
        Self { points_to_actor: !self.points_to_actor, ..self }
    }

    /// "Dana thanked Noa", without a full stop.
    pub fn deed(&self, language: Language, actor: &str, other: &str) -> String {
        let template = FRAMES[self.frame].deed[language as usize];
        fill(template, [self.gender; 2], &[("a", actor), ("b", other)])
    }

    /// The reason, without subject and full stop.
    pub fn reason(&self, language: Language) -> String {
        let frame = &FRAMES[self.frame];
        let reasons = if self.points_to_actor { &frame.of_actor } else { &frame.of_other };
        fill(reasons[language as usize], [self.gender; 2], &[])
    }

    /// The deed with its reason and a pronoun: "Dana thanked Noa because she gave help."
    /// In Japanese the subject of the reason is given, since a pronoun would be dropped.
    pub fn sentence(&self, language: Language, actor: &str, other: &str, subject: &str) -> String {
        let (deed, reason) = (self.deed(language, actor, other), self.reason(language));
        match language {
            Language::English => {
                format!("{deed} because {} {reason}.", self.gender.choose("he", "she"))
            }
            Language::Hebrew => format!("{deed} כי {} {reason}.", self.gender.choose("הוא", "היא")),
            Language::Japanese => format!("{deed}。{subject}は{reason}からだ。"),
        }
    }

    /// "Who gave help?"
    pub fn question(&self, language: Language) -> String {
        let reason = self.reason(language);
        match language {
            Language::English => format!("Who {reason}?"),
            Language::Hebrew => format!("מי {reason}?"),
            Language::Japanese => format!("{}は誰ですか。", reason + "の"),
        }
    }

    /// The reason told of a name, in a sentence of its own: "Noa gave help."
    pub fn plainly(&self, language: Language, name: &str) -> String {
        let reason = self.reason(language);
        match language {
            Language::Japanese => format!("{name}は{reason}。"),
            _ => format!("{name} {reason}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;

    #[test]
    fn every_frame_is_complete() {
        for frame in 0..FRAMES.len() {
            for points_to_actor in [true, false] {
                for gender in [Gender::Feminine, Gender::Masculine] {
                    let deed = Deed { frame, points_to_actor, gender };
                    for language in Language::ALL {
                        let told = deed.sentence(language, "A", "B", "A");
                        assert!(is_complete(&told), "{told}");
                        assert!(is_complete(&deed.question(language)));
                    }
                }
            }
        }
    }

    #[test]
    fn twins_differ_only_in_the_reason() {
        let deed = Deed { frame: 0, points_to_actor: true, gender: Gender::Feminine };
        assert_eq!(
            deed.twin().sentence(Language::Hebrew, "דנה", "נועה", ""),
            "דנה הודתה לנועה כי היא הגישה עזרה."
        );
        assert_eq!(deed.question(Language::Hebrew), "מי קיבלה עזרה?");
    }
}
