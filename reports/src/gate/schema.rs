//! As much of XML Schema as `tests/fixtures/junit-10.xsd` uses: which attributes an element may and
//! must have, and which elements it may hold. (`tests/parity/junit_schema.py` asks libxml2 the same.)

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const SCHEMA: &str = include_str!("../../../tests/fixtures/junit-10.xsd");

#[derive(Default)]
struct Element {
    /// Name, and whether it is required.
    attributes: BTreeMap<String, bool>,
    children: Vec<String>,
}

/// Every way in which a JUnit file breaks the schema.
pub(super) fn violations(xml: &str) -> Vec<String> {
    let schema = schema();
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                check(&schema, open.last(), &tag, &mut found);
                open.push(name(&tag));
            }
            Event::Empty(tag) => check(&schema, open.last(), &tag, &mut found),
            Event::End(_) => drop(open.pop()),
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn check(
    schema: &BTreeMap<String, Element>,
    parent: Option<&String>,
    tag: &BytesStart<'_>,
    found: &mut Vec<String>,
) {
    let name = name(tag);
    if let Some(parent) = parent.filter(|parent| !schema[*parent].children.contains(&name)) {
        found.push(format!("{parent} holds no {name}"));
        return;
    }
    let Some(element) = schema.get(&name) else { return found.push(format!("no element {name}")) };
    let given = attributes(tag);
    for (attribute, _) in given.iter().filter(|(key, _)| !element.attributes.contains_key(*key)) {
        found.push(format!("{name} has no attribute {attribute}"));
    }
    let required = element.attributes.iter().filter(|(_, required)| **required);
    for (attribute, _) in required.filter(|(key, _)| !given.contains_key(*key)) {
        found.push(format!("{name} lacks {attribute}"));
    }
}

fn schema() -> BTreeMap<String, Element> {
    let mut elements = BTreeMap::<String, Element>::new();
    let mut current = String::new();
    let mut depth = 0;
    let mut reader = Reader::from_str(SCHEMA);
    loop {
        let event = reader.read_event().unwrap();
        let (tag, opens) = match &event {
            Event::Start(tag) => (tag, true),
            Event::Empty(tag) => (tag, false),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Eof => return elements,
            _ => continue,
        };
        let attributes = attributes(tag);
        match (name(tag).as_str(), attributes.get("name"), attributes.get("ref")) {
            ("xs:element", Some(name), _) if depth == 1 => {
                current.clone_from(name);
                elements.entry(name.clone()).or_default();
            }
            ("xs:element", _, Some(child)) => {
                elements.entry(current.clone()).or_default().children.push(child.clone());
            }
            ("xs:attribute", Some(name), _) => {
                let required = attributes.get("use").is_some_and(|usage| usage == "required");
                let element = elements.entry(current.clone()).or_default();
                element.attributes.insert(name.clone(), required);
            }
            _ => {}
        }
        depth += i32::from(opens);
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    String::from_utf8(tag.name().as_ref().to_vec()).unwrap()
}

fn attributes(tag: &BytesStart<'_>) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let attributes = tag.attributes().map(Result::unwrap);
    attributes.map(|attribute| (text(attribute.key.as_ref()), text(&attribute.value))).collect()
}
