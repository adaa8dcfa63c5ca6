//! Names, which correspond between the scripts by transliteration, one to one.

use super::language::{Word, word};

/// Given names of women.
pub const WOMEN: [Word; 24] = [
    word("Dana", "דנה", "ダナ"),
    word("Noa", "נועה", "ノア"),
    word("Tamar", "תמר", "タマル"),
    word("Yael", "יעל", "ヤエル"),
    word("Rina", "רינה", "リナ"),
    word("Maya", "מאיה", "マヤ"),
    word("Shira", "שירה", "シラ"),
    word("Leah", "לאה", "レア"),
    word("Hila", "הילה", "ヒラ"),
    word("Orna", "אורנה", "オルナ"),
    word("Gila", "גילה", "ギラ"),
    word("Naomi", "נעמי", "ナオミ"),
    word("Dalia", "דליה", "ダリア"),
    word("Ruti", "רותי", "ルティ"),
    word("Alma", "אלמה", "アルマ"),
    word("Sara", "שרה", "サラ"),
    word("Tali", "טלי", "タリ"),
    word("Hadas", "הדס", "ハダス"),
    word("Anat", "ענת", "アナト"),
    word("Irit", "אירית", "イリト"),
    word("Efrat", "אפרת", "エフラト"),
    word("Michal", "מיכל", "ミハル"),
    word("Galit", "גלית", "ガリト"),
    word("Nira", "נירה", "ニラ"),
];

/// Given names of men.
pub const MEN: [Word; 24] = [
    word("Noam", "נועם", "ノアム"),
    word("Dan", "דן", "ダン"),
    word("Yosef", "יוסף", "ヨセフ"),
    word("Avi", "אבי", "アビ"),
    word("Tomer", "תומר", "トメル"),
    word("Eitan", "איתן", "エイタン"),
    word("Gil", "גיל", "ギル"),
    word("Oren", "אורן", "オレン"),
    word("Ron", "רון", "ロン"),
    word("Uri", "אורי", "ウリ"),
    word("Amos", "עמוס", "アモス"),
    word("Ilan", "אילן", "イラン"),
    word("Boaz", "בועז", "ボアズ"),
    word("Nadav", "נדב", "ナダブ"),
    word("Asaf", "אסף", "アサフ"),
    word("Rami", "רמי", "ラミ"),
    word("Moti", "מוטי", "モティ"),
    word("Lior", "ליאור", "リオル"),
    word("Shai", "שי", "シャイ"),
    word("Yoav", "יואב", "ヨアブ"),
    word("Alon", "אלון", "アロン"),
    word("Haim", "חיים", "ハイム"),
    word("Micha", "מיכה", "ミカ"),
    word("Zvi", "צבי", "ツビ"),
];

/// Family names.
pub const FAMILIES: [Word; 24] = [
    word("Barak", "ברק", "バラク"),
    word("Talmor", "טלמור", "タルモル"),
    word("Harel", "הראל", "ハレル"),
    word("Golan", "גולן", "ゴラン"),
    word("Peled", "פלד", "ペレド"),
    word("Segev", "שגב", "セゲブ"),
    word("Navon", "נבון", "ナボン"),
    word("Rotem", "רותם", "ロテム"),
    word("Shaked", "שקד", "シャケド"),
    word("Arbel", "ארבל", "アルベル"),
    word("Carmi", "כרמי", "カルミ"),
    word("Lavi", "לביא", "ラビ"),
    word("Gefen", "גפן", "ゲフェン"),
    word("Tzur", "צור", "ツル"),
    word("Admon", "אדמון", "アドモン"),
    word("Bareket", "ברקת", "バレケト"),
    word("Dagan", "דגן", "ダガン"),
    word("Eshel", "אשל", "エシェル"),
    word("Galil", "גליל", "ガリル"),
    word("Hermon", "חרמון", "ヘルモン"),
    word("Kedem", "קדם", "ケデム"),
    word("Limon", "לימון", "リモン"),
    word("Marom", "מרום", "マロム"),
    word("Nitzan", "ניצן", "ニツァン"),
];

/// Towns, all invented.
pub const TOWNS: [Word; 16] = [
    word("Tilo", "טילו", "ティロ"),
    word("Marva", "מרווה", "マルバ"),
    word("Kesem", "קסם", "ケセム"),
    word("Borim", "בורים", "ボリム"),
    word("Salita", "סליטה", "サリタ"),
    word("Gorna", "גורנה", "ゴルナ"),
    word("Pardo", "פרדו", "パルド"),
    word("Lumet", "לומט", "ルメト"),
    word("Zerin", "זרין", "ゼリン"),
    word("Rimona", "רימונה", "リモナ"),
    word("Kinar", "כינר", "キナル"),
    word("Midra", "מידרה", "ミドラ"),
    word("Onat", "אונת", "オナト"),
    word("Beshor", "בשור", "ベショル"),
    word("Dovrat", "דוברת", "ドブラト"),
    word("Elmon", "אלמון", "エルモン"),
];

/// Days of the week.
pub const DAYS: [Word; 7] = [
    word("Sunday", "יום ראשון", "日曜日"),
    word("Monday", "יום שני", "月曜日"),
    word("Tuesday", "יום שלישי", "火曜日"),
    word("Wednesday", "יום רביעי", "水曜日"),
    word("Thursday", "יום חמישי", "木曜日"),
    word("Friday", "יום שישי", "金曜日"),
    word("Saturday", "שבת", "土曜日"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Language;
    use std::collections::HashSet;

    fn all_names() -> Vec<Word> {
        [&WOMEN[..], &MEN, &FAMILIES, &TOWNS].concat()
    }

    #[test]
    fn every_name_is_unique_in_every_script() {
        for language in Language::ALL {
            let names: HashSet<_> = all_names().iter().map(|n| n.in_language(language)).collect();
            assert_eq!(names.len(), all_names().len(), "{language:?}");
        }
    }

    /// A word-initial vav doubles after a prefix; no name here needs that rule.
    #[test]
    fn no_hebrew_name_begins_with_vav() {
        assert!(all_names().iter().all(|name| !name.he.starts_with('ו')));
    }
}
