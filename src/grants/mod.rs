//! The decision: a pure function of the request, the connection, the grants and the clock. Grants are not built yet;
//! the layer has its place, and a MAC key of its own (`crypto::labels::MAC_GRANTS`).
