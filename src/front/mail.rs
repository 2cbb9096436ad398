//! Takes a mail that the model wants sent, and the operator's mail command.
//! Gives whether the command took it.
//! Never lets a shell read the command, and never waits for one that does not end.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::clock::Clock;
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome};
use crate::time::Duration;

/// How long the command may take where nothing else is said, on the server's clock.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands a mail to the command on its standard input. Source: zaqar.conf reference, smtp_command; observed: zaqar 23.0.1
/// (its words are parted by single blanks).
pub(super) async fn mail(command: &str, clock: Clock, delivery: Delivery) -> (DeliveryId, DeliveryOutcome) {
    let limit = clock.wall(delivery.timeout.unwrap_or(PATIENCE));
    let taken = tokio::time::timeout(limit, hand_over(command, &delivery.body)).await;
    let outcome = match taken {
        Ok(Ok(true)) => DeliveryOutcome::Answered { status: 200, location: None },
        Ok(Ok(false) | Err(_)) => DeliveryOutcome::ConnectionError,
        Err(_) => DeliveryOutcome::TimedOut,
    };
    tracing::debug!(id = delivery.id.0, ?outcome, "mail");
    (delivery.id, outcome)
}

/// Whether the command ended well; it is ended with us.
async fn hand_over(command: &str, mail: &[u8]) -> std::io::Result<bool> {
    let mut words = command.split(' ');
    let mut child = Command::new(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = child.stdin.take().expect("it was asked for");
    // A command that ends without reading everything has its own reasons: its status counts.
    let _ = input.write_all(mail).await;
    drop(input);
    Ok(child.wait().await?.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Means, Method};

    async fn check(command: &str, timeout: Duration, expected: DeliveryOutcome) {
        let delivery = Delivery {
            id: DeliveryId(1),
            means: Means::Mail,
            method: Method::Post,
            url: "mailto:a@b".into(),
            headers: Vec::new(),
            body: "to: a@b\n\nhello".into(),
            timeout: Some(timeout),
        };
        let (_, outcome) = mail(command, Clock::start(1), delivery).await;
        assert_eq!(outcome, expected, "{command}");
    }

    #[tokio::test]
    async fn the_command_gets_the_mail_and_its_status_counts() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let file = place.path().join("mail");
        let taken = DeliveryOutcome::Answered { status: 200, location: None };
        check(&format!("tee {}", file.display()), PATIENCE, taken).await;
        assert_eq!(std::fs::read_to_string(file).expect("it was written"), "to: a@b\n\nhello");
        check("false", PATIENCE, DeliveryOutcome::ConnectionError).await;
        check("/no/such/command", PATIENCE, DeliveryOutcome::ConnectionError).await;
        check("sleep 600", Duration::ZERO, DeliveryOutcome::TimedOut).await;
    }
}
