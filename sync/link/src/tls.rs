//! TLS 1.3 with both sides proved by their replica keys, as raw public keys (RFC 7250).
//!
//! There are no certificates and no authorities: a replica's name *is* its Ed25519 key. A client says whom it
//! expects; a server takes any key in the handshake, because the kind of connection (member or enrolment) is not
//! known until it is over, and refuses strangers at once afterwards. No 0-RTT, no resumption.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_casebook::key_pin;
use cairn_ledger::ReplicaId;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, ServerConfig,
    SignatureScheme,
};

use crate::LinkError;

/// Application protocol of a sync session.
pub const SYNC_ALPN: &[u8] = b"cairn/1";
/// The same, by a caller who has urgent entries: it is let in although the link is held back.
pub const URGENT_ALPN: &[u8] = b"cairn-urgent/1";
/// Application protocol of an enrolment.
pub const JOIN_ALPN: &[u8] = b"cairn-join/1";
/// Application protocol of a probe: the server says whether it knows the client, and closes.
pub const PROBE_ALPN: &[u8] = b"cairn-probe/1";
/// The name a client puts into its hello: the same for everyone, so that it tells nothing.
pub const SERVER_NAME: &str = "cairn.invalid";

/// DER in front of the 32 bytes of an Ed25519 public key (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// DER in front of the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Whom a client expects.
#[derive(Clone, Debug)]
pub enum Expected {
    /// One of these replicas.
    Members(BTreeSet<ReplicaId>),
    /// The replica whose key has this pin.
    Pin([u8; 8]),
}

impl Expected {
    fn is(&self, replica: &ReplicaId) -> bool {
        match self {
            Self::Members(members) => members.contains(replica),
            Self::Pin(pin) => key_pin(*replica) == *pin,
        }
    }
}

/// This replica's side of TLS.
#[derive(Clone)]
pub struct Identity {
    provider: Arc<CryptoProvider>,
    key: Arc<CertifiedKey>,
}

impl Identity {
    /// From the replica's key.
    pub fn new(replica: ReplicaId, seed: &[u8; 32]) -> Result<Self, LinkError> {
        let pkcs8 = zeroize::Zeroizing::new([PKCS8_PREFIX.as_slice(), seed].concat());
        let key = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()));
        let key = key.map_err(|error| LinkError::Key(error.to_string()))?;
        let public = CertificateDer::from([SPKI_PREFIX.as_slice(), &replica.0].concat());
        let certified = Arc::new(CertifiedKey::new(vec![public], key));
        Ok(Self { provider: Arc::new(ring::default_provider()), key: certified })
    }

    /// The server side: members and those who want to join.
    pub fn server(&self) -> Result<QuicServerConfig, LinkError> {
        let verifier = Arc::new(AnyKey(self.provider.clone()));
        let config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13]);
        let config = config.map_err(|error| LinkError::Key(error.to_string()))?;
        let mut config = config
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(self.key.clone())));
        config.alpn_protocols = vec![SYNC_ALPN.to_vec(), URGENT_ALPN.to_vec(), JOIN_ALPN.to_vec(), PROBE_ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        QuicServerConfig::try_from(config).map_err(|error| LinkError::Key(error.to_string()))
    }

    /// The client side. The flag is set when what answered was not whom we expected.
    pub fn client(&self, alpn: &[u8], expected: Expected) -> Result<(QuicClientConfig, Arc<AtomicBool>), LinkError> {
        let stranger = Arc::new(AtomicBool::new(false));
        let verifier = ExpectedKey { provider: self.provider.clone(), expected, stranger: stranger.clone() };
        let config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13]);
        let config = config.map_err(|error| LinkError::Key(error.to_string()))?;
        let mut config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(self.key.clone())));
        config.alpn_protocols = vec![alpn.to_vec()];
        config.resumption = Resumption::disabled();
        let config = QuicClientConfig::try_from(config).map_err(|error| LinkError::Key(error.to_string()))?;
        Ok((config, stranger))
    }
}

/// The replica whose raw public key this is.
pub fn replica_of(key: &CertificateDer<'_>) -> Option<ReplicaId> {
    let bytes = key.as_ref().strip_prefix(SPKI_PREFIX.as_slice())?;
    bytes.try_into().ok().map(ReplicaId)
}

/// Who is at the other end of a connection, and which application protocol it speaks.
pub fn peer_of(connection: &quinn::Connection) -> Option<(ReplicaId, Vec<u8>)> {
    let keys = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    let handshake = connection.handshake_data()?.downcast::<quinn::crypto::rustls::HandshakeData>().ok()?;
    Some((replica_of(keys.first()?)?, handshake.protocol?))
}

fn check_signature(
    provider: &CryptoProvider,
    message: &[u8],
    key: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let spki = SubjectPublicKeyInfoDer::from(key.as_ref());
    verify_tls13_signature_with_raw_key(message, &spki, signature, &provider.signature_verification_algorithms)
}

fn is_tls12() -> Error {
    Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered)
}

#[derive(Debug)]
struct ExpectedKey {
    provider: Arc<CryptoProvider>,
    expected: Expected,
    stranger: Arc<AtomicBool>,
}

impl ServerCertVerifier for ExpectedKey {
    fn verify_server_cert(
        &self,
        key: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if replica_of(key).is_some_and(|replica| self.expected.is(&replica)) {
            return Ok(ServerCertVerified::assertion());
        }
        self.stranger.store(true, Ordering::Relaxed);
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(is_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(&self.provider, message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Any Ed25519 key that its owner proves; who it is is judged right after the handshake.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        key: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match replica_of(key) {
            Some(_) => Ok(ClientCertVerified::assertion()),
            None => Err(Error::InvalidCertificate(CertificateError::BadEncoding)),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(is_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check_signature(&self.0, message, key, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
