// Package mail makes what leaves the house as e-mail: signed links, texts rendered from Liquid, and calls to SendGrid.
// Whom to write to, and what became of it, is in the ledger (package store).
package mail
