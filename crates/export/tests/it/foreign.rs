//! Files of other programs: what a drummer gets who opens them here.

use export::{midi, musicxml, tab};
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use score::Score;

fn as_tab(score: &Score) -> String {
    assert_eq!(score::check(score), []);
    tab::first_bars(score, 8, 80)
}

#[test]
fn a_tab_from_a_forum() {
    let lines = [
        "my groove, play it loud!",
        "",
        "   1 + 2 + 3 + 4 + ",
        "C |X---------------|----------------|",
        "Hi|--x-x-x-x-x-x-o-|x-x-x-x-x-x-x-x-|",
        "S |----O-------O---|----o--g-g--o-oo|",
        "B |o-------o-o-----|o-------o-o-----| x2",
    ];
    let text = lines.join("\n");
    insta::assert_snapshot!(as_tab(&tab::read(&text).unwrap()));
}

#[test]
fn a_midi_file_of_a_drum_machine() {
    // One track, one channel, no names: closed hi-hats on eighths, kick and snare, at 100, in 3/4.
    let mut events = vec![
        (0, TrackEventKind::Meta(MetaMessage::Tempo(600_000.into()))),
        (0, TrackEventKind::Meta(MetaMessage::TimeSignature(3, 2, 24, 8))),
    ];
    for eighth in 0..12_u32 {
        let mut struck = vec![42];
        struck.extend((eighth % 6 == 0).then_some(35));
        struck.extend((eighth % 6 == 2 || eighth % 6 == 4).then_some(38));
        // A key that is no drum.
        struck.extend((eighth == 3).then_some(90));
        for key in struck {
            let (key, vel) = (u7::new(key), u7::new(100));
            events.push((
                eighth * 48,
                TrackEventKind::Midi { channel: u4::new(2), message: MidiMessage::NoteOn { key, vel } },
            ));
        }
    }
    let mut now = 0;
    let track = events.into_iter().map(|(at, kind)| {
        let delta = u28::new(at - std::mem::replace(&mut now, at));
        TrackEvent { delta, kind }
    });
    let file =
        Smf { header: Header::new(Format::SingleTrack, Timing::Metrical(u15::new(96))), tracks: vec![track.collect()] };
    let mut bytes = Vec::new();
    file.write_std(&mut bytes).unwrap();
    let reading = midi::read(&bytes).unwrap();
    assert_eq!(reading.unknown_notes, 1);
    assert_eq!(reading.score.tempo().unwrap().bpm.get(), 100.0);
    insta::assert_snapshot!(as_tab(&reading.score));
}

#[test]
fn musicxml_with_other_habits() {
    // Three voices, a tie, no instrument ids at the snare, a part of another instrument in front.
    let note = |voice: &str, step: &str, duration: u32, extra: &str| {
        let (step, octave) = step.split_at(1);
        format!(
            "<note><unpitched><display-step>{step}</display-step><display-octave>{octave}</display-octave></unpitched>\
             <duration>{duration}</duration><voice>{voice}</voice>{extra}</note>"
        )
    };
    let hat = note("1", "G5", 1, "<notehead>x</notehead>");
    let snare = |extra: &str| note("2", "C5", 2, extra);
    let rest = "<note><rest/><duration>2</duration><voice>2</voice></note>";
    let kick = note("5", "F4", 4, "<tie type=\"start\"/>") + &note("5", "F4", 4, "<tie type=\"stop\"/>");
    let back = "<backup><duration>8</duration></backup>";
    let accent = "<notations><articulations><accent/></articulations></notations>";
    let text = format!(
        "<?xml version=\"1.0\"?><score-partwise><part-list><score-part id=\"A\"><part-name>Bass</part-name></score-part>\
         <score-part id=\"B\"><part-name>Drums</part-name></score-part></part-list><part id=\"A\"><measure number=\"1\"/></part>\
         <part id=\"B\"><measure number=\"1\"><attributes><divisions>2</divisions><time><beats>4</beats>\
         <beat-type>4</beat-type></time></attributes>{}{back}{rest}{}{rest}{}{back}{kick}</measure></part></score-partwise>",
        hat.repeat(8),
        snare(""),
        snare(accent),
    );
    insta::assert_snapshot!(as_tab(&musicxml::read(text.as_bytes()).unwrap()));
}
