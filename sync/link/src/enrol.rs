//! Joining an agency: the new replica's side and the hub's.
//!
//! A connection of its own kind: the server's key is pinned by the code, any client key may come, and there is room
//! for one small request and one small answer. The secret in the code goes only to the hub whose key it pins.

use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{Actor, Casebook, CasebookError, JoinGrant, JoinRequest, code_pin, read_join_line};
use cairn_ledger::ReplicaId;
use cairn_sync_protocol::join::{JOIN_BYTES_MAX, JoinFrame, decode_join_frame};
use quinn::{Connection, VarInt};

use crate::JoinError;
use crate::book::{Book, Clock};
use crate::discover;
use crate::endpoint::{self, DialFailure, HANDSHAKE};
use crate::tls::{Expected, Identity, JOIN_ALPN};

/// How long the other side may take for its one message.
const MESSAGE: Duration = Duration::from_secs(30);
/// Type and length in front of a message.
const HEADER_BYTES_MAX: usize = 8;

/// What a person brings to join: the code, and where the hub may be.
#[derive(Clone, Debug)]
pub struct JoinOffer {
    /// The code the hub made.
    pub code: String,
    /// Addresses of the hub, `host:port`, best first. Empty: those in the code, if it is an invitation in one line, else the
    /// hub is looked for on the local network.
    pub addresses: Vec<String>,
    /// Where others reach this machine, when it is a hub.
    pub reachable: Vec<String>,
}

/// How long the hub is looked for on the local network.
const NEARBY: Duration = Duration::from_secs(5);

/// Joins the agency of the hub that made the code. When it returns, this machine is a member.
pub async fn join(
    casebook: Arc<Casebook>,
    actor: Actor,
    offer: JoinOffer,
    clock: Clock,
) -> Result<JoinGrant, JoinError> {
    let (code, named) = read_join_line(&offer.code)?;
    let pin = code_pin(&code)?;
    let mut addresses: Vec<String> = [offer.addresses, named].concat();
    if addresses.is_empty() {
        addresses = discover::anyone(NEARBY).await;
    }
    let identity = Identity::new(casebook.identity().replica, &casebook.replica_seed())?;
    let (book, who) = (casebook.clone(), actor.clone());
    let mut request = blocking(move || book.join_request(&who, &code)).await?;
    request.addresses = offer.reachable;
    let (grant, reached) = ask(&identity, pin, &addresses, &request).await?;
    let answer = grant.clone();
    blocking(move || casebook.complete_join(&actor, &answer, &reached, clock())).await?;
    Ok(grant)
}

async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, CasebookError> + Send + 'static,
) -> Result<T, CasebookError> {
    let failed = |error: tokio::task::JoinError| CasebookError::Storage(error.to_string().into());
    tokio::task::spawn_blocking(call).await.map_err(failed)?
}

/// Sends the request to the first address where the hub answers; gives that address too.
pub(crate) async fn ask(
    identity: &Identity,
    pin: [u8; 8],
    addresses: &[String],
    request: &JoinRequest,
) -> Result<(JoinGrant, String), JoinError> {
    let mut failure = JoinError::NoAddress;
    for name in addresses {
        let found = endpoint::resolve(None, name).await;
        if found.is_empty() {
            failure = JoinError::Unreachable(format!("{name} (the address cannot be resolved)"));
        }
        for address in found {
            let endpoint = endpoint::dial_only(address)?;
            match endpoint::dial(&endpoint, identity, JOIN_ALPN, Expected::Pin(pin), address).await {
                Ok(connection) => return Ok((exchange(connection, name, request).await?, name.clone())),
                Err(DialFailure::Stranger) => failure = JoinError::WrongHub(name.clone()),
                Err(other) => failure = JoinError::Unreachable(format!("{name} ({other})")),
            }
        }
    }
    Err(failure)
}

async fn exchange(connection: Connection, name: &str, request: &JoinRequest) -> Result<JoinGrant, JoinError> {
    let lost = |error: &dyn std::fmt::Display| JoinError::Unreachable(format!("{name} ({error})"));
    let json = serde_json::to_vec(request).map_err(|error| lost(&error))?;
    let talk = async {
        let (mut send, mut recv) = connection.open_bi().await.map_err(|error| lost(&error))?;
        send.write_all(&JoinFrame::Request(json).encode()).await.map_err(|error| lost(&error))?;
        send.finish().map_err(|error| lost(&error))?;
        recv.read_to_end(JOIN_BYTES_MAX + HEADER_BYTES_MAX).await.map_err(|error| lost(&error))
    };
    let answer = tokio::time::timeout(MESSAGE, talk).await.map_err(|_| lost(&"no answer in time"))??;
    connection.close(VarInt::from_u32(0), b"done");
    match decode_join_frame(&answer) {
        Ok(JoinFrame::Grant(json)) => serde_json::from_slice(&json).map_err(|_| JoinError::Garbled(name.to_owned())),
        Ok(JoinFrame::Refused(reason, detail)) => Err(JoinError::Refused(reason, detail)),
        Ok(JoinFrame::Request(_)) | Err(_) => Err(JoinError::Garbled(name.to_owned())),
    }
}

/// The hub's side of one connection.
pub(crate) async fn answer(book: Arc<dyn Book>, clock: Clock, peer: ReplicaId, connection: Connection) {
    let talk = async {
        let (mut send, mut recv) = connection.accept_bi().await.ok()?;
        let bytes = recv.read_to_end(JOIN_BYTES_MAX + HEADER_BYTES_MAX).await.ok()?;
        let reply = reply(book, clock, peer, bytes).await;
        send.write_all(&reply.encode()).await.ok()?;
        send.finish().ok()?;
        send.stopped().await.ok()
    };
    let _ = tokio::time::timeout(HANDSHAKE + MESSAGE, talk).await;
    connection.close(VarInt::from_u32(0), b"done");
}

async fn reply(book: Arc<dyn Book>, clock: Clock, peer: ReplicaId, bytes: Vec<u8>) -> JoinFrame {
    let garbled = || JoinFrame::Refused("garbled".to_owned(), "the request to join cannot be read".to_owned());
    let Ok(JoinFrame::Request(json)) = decode_join_frame(&bytes) else { return garbled() };
    let Ok(request) = serde_json::from_slice::<JoinRequest>(&json) else { return garbled() };
    match blocking(move || book.accept_join(peer, &request, clock())).await {
        Ok(grant) => serde_json::to_vec(&grant).map_or_else(|_| garbled(), JoinFrame::Grant),
        Err(CasebookError::Storage(error)) => {
            tracing::error!(%error, "a request to join could not be answered");
            JoinFrame::Refused("storage".to_owned(), "the hub could not store the enrolment".to_owned())
        }
        Err(CasebookError::PeerRefused { name, detail }) => JoinFrame::Refused(name.to_owned(), detail.to_string()),
        Err(error) => JoinFrame::Refused("refused".to_owned(), error.to_string()),
    }
}
