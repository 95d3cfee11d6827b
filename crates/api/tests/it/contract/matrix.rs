//! Every operation x every kind of caller: who is let in.

use super::operations;
use super::world::{CallerKind, World};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in() {
    let world = World::new().await;
    let mut lines = format!("{:<55}", "");
    for kind in CallerKind::ALL {
        lines += &format!("{:<8}", kind.word());
    }
    lines = lines.trim_end().to_owned() + "\n";
    for operation in operations() {
        let mut line = format!("{:<55}", format!("{:<7}{}", operation.method, operation.path));
        for kind in CallerKind::ALL {
            let status = if operation.streams() && matches!(kind, CallerKind::Owner | CallerKind::Admin) {
                "stream".to_owned()
            } else {
                world.call(&operation, kind).await.status.as_u16().to_string()
            };
            assert!(!status.starts_with('5') || status == "503", "{line}: {} gets {status}", kind.word());
            line += &format!("{status:<8}");
        }
        lines += &(line.trim_end().to_owned() + "\n");
    }
    insta::assert_snapshot!(lines);
}
