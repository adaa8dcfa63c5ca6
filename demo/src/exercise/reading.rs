//! Reading: a paragraph about two invented people, and questions whose answers stand in it.

use crate::tell::{copying::join, events::Event, facts};
use crate::world::{Attribute, Language, Person, Random};

/// A question and where its answer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub question: String,
    /// The shortest answer, as it stands in the paragraph.
    pub answer: String,
    /// Where the answer begins, in code points.
    pub start: usize,
}

/// A paragraph with its questions, in one language.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The names of the two people.
    pub title: String,
    /// The paragraph.
    pub context: String,
    /// At least four questions, in random order.
    pub questions: Vec<Question>,
}

struct Statement {
    sentence: String,
    question: Option<(String, String)>,
}

impl Passage {
    /// Draws a passage: two or three facts of each of two people, and one event.
    pub fn draw(language: Language, random: &mut Random) -> Self {
        let one = Person::invent(random);
        let gender = Person::invent(random).gender;
        let other = one.invent_beside(gender, random);
        let mut statements = Vec::new();
        for person in [&one, &other] {
            statements.extend(facts_of(language, person, 2 + random.below(2), random));
        }
        statements.push(purchase(language, &one, random));
        Self::assemble(title(language, &one, &other), language, statements, random)
    }

    fn assemble(
        title: String,
        language: Language,
        statements: Vec<Statement>,
        random: &mut Random,
    ) -> Self {
        let gap = usize::from(language != Language::Japanese);
        let mut questions = Vec::new();
        let mut offset = 0;
        for Statement { sentence, question } in &statements {
            if let Some((question, answer)) = question
                && let Some(byte) = sentence.rfind(answer.as_str())
            {
                let start = offset + sentence[..byte].chars().count();
                let (question, answer) = (question.clone(), answer.clone());
                questions.push(Question { question, answer, start });
            }
            offset += sentence.chars().count() + gap;
        }
        random.shuffle(&mut questions);
        let sentences: Vec<String> = statements.into_iter().map(|told| told.sentence).collect();
        Self { title, context: join(language, &sentences), questions }
    }

    /// The prompt that shows the paragraph, answers `shown` questions and asks one: the answer
    /// follows after a space.
    pub fn prompt(&self, language: Language, shown: &[usize], asked: usize) -> String {
        let mut prompt = format!("{}\n\n", self.context);
        for &at in shown {
            let Question { question, answer, .. } = &self.questions[at];
            prompt += &format!("{} {answer}\n", ask(language, question));
        }
        prompt + &ask(language, &self.questions[asked].question)
    }
}

fn ask(language: Language, question: &str) -> String {
    match language {
        Language::English => format!("Question: {question}\nAnswer:"),
        Language::Hebrew => format!("שאלה: {question}\nתשובה:"),
        Language::Japanese => format!("質問：{question}\n答え："),
    }
}

fn facts_of(
    language: Language,
    person: &Person,
    count: usize,
    random: &mut Random,
) -> Vec<Statement> {
    let chosen = random.distinct(count, 4);
    let attributes = chosen.into_iter().map(|at| Attribute::ALL[at]);
    attributes
        .map(|attribute| Statement {
            sentence: facts::state_somehow(language, person, attribute, random),
            question: Some((
                facts::ask(language, person, attribute),
                person.value_in(attribute, language).to_owned(),
            )),
        })
        .collect()
}

fn purchase(language: Language, buyer: &Person, random: &mut Random) -> Statement {
    let event = Event::purchase(buyer.clone(), random);
    let name = buyer.name(language);
    let question = match language {
        Language::English => format!("What did {name} buy?"),
        Language::Hebrew => format!("מה {} {name}?", buyer.gender.choose("קנה", "קנתה")),
        Language::Japanese => format!("{name}は何を買いましたか。"),
    };
    Statement {
        sentence: event.tell(language),
        question: Some((question, event.thing_told(language))),
    }
}

fn title(language: Language, one: &Person, other: &Person) -> String {
    let (one, other) = (one.name(language), other.name(language));
    match language {
        Language::English => format!("{one} and {other}"),
        Language::Hebrew => format!("{one} ו{other}"),
        Language::Japanese => format!("{one}と{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_where_they_are_said_to() {
        for language in Language::ALL {
            let mut random = Random::new(21);
            for _ in 0..200 {
                let passage = Passage::draw(language, &mut random);
                assert!(passage.questions.len() >= 4);
                for Question { answer, start, .. } in &passage.questions {
                    let there: String =
                        passage.context.chars().skip(*start).take(answer.chars().count()).collect();
                    assert_eq!(&there, answer, "{}", passage.context);
                }
            }
        }
    }

    #[test]
    fn a_prompt_ends_with_the_open_answer() {
        let passage = Passage::draw(Language::Hebrew, &mut Random::new(4));
        let prompt = passage.prompt(Language::Hebrew, &[0, 1, 2], 3);
        assert!(prompt.ends_with("תשובה:"));
        assert_eq!(prompt.matches("שאלה:").count(), 4);
    }
}
