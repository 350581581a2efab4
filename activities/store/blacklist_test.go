package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestBlacklistByHand(t *testing.T) {
	b := newCrowd(t)
	round := b.openRound()
	ada, bob, cat := b.create("ada@example.com").ID, b.create("bob@mail.corp.example").ID, b.create("cat@notcorp.example").ID
	b.exec(`INSERT INTO round_members (round_id, person_id) SELECT $1, unnest($2::bigint[])`, round, []int64{ada, bob, cat})

	entry, _, err := b.AddBlacklisted(t.Context(), "address", "ADA@example.com", "asked by phone")
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", entry.Value)
	require.Equal(t, store.ByHand, entry.Origin)
	require.False(t, b.inRound(round, ada))
	require.Equal(t, store.Active, b.byEmail("ada@example.com").Status, "an entry by hand is about mail only")
	_, _, err = b.AddBlacklisted(t.Context(), "address", "ada@example.com", "")
	require.Equal(t, "already_blacklisted", faultCode(err))

	_, _, err = b.AddBlacklisted(t.Context(), "domain", "Corp.example.", "")
	require.NoError(t, err)
	require.False(t, b.inRound(round, bob), "a domain covers those below it")
	require.True(t, b.inRound(round, cat), "and no other that ends alike")

	for _, bad := range [][3]string{{"person", "x", "kind_unknown"}, {"domain", "example", "domain_invalid"}, {"address", "example.com", "email_invalid"}} {
		_, _, err := b.AddBlacklisted(t.Context(), bad[0], bad[1], "")
		require.Equal(t, bad[2], faultCode(err))
	}
	found, err := b.Blacklist(t.Context(), "domain", "", store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, found, 1)
	_, err = b.RemoveBlacklisted(t.Context(), entry.ID, nil)
	require.NoError(t, err)
	_, err = b.BlacklistEntry(t.Context(), entry.ID)
	require.Equal(t, "blacklist_entry_not_found", faultCode(err))
}

func TestWhatThePersonDidLeavesWithConsentOnly(t *testing.T) {
	for _, origin := range []string{store.ByUnsubscribe, store.BySpam} {
		t.Run(origin, func(t *testing.T) {
			b := newCrowd(t)
			ada := b.create("ada@example.com").ID
			_, err := b.BlacklistPerson(t.Context(), ada, store.ByBounce, "550")
			require.NoError(t, err)
			require.Equal(t, store.ByBounce, b.byEmail("ada@example.com").InactiveReason)
			_, err = b.BlacklistPerson(t.Context(), ada, origin, "")
			require.NoError(t, err)
			_, err = b.BlacklistPerson(t.Context(), ada, store.ByBounce, "550")
			require.NoError(t, err)
			p := b.byEmail("ada@example.com")
			require.Equal(t, origin, p.InactiveReason, "the person's own word outranks a bounce")
			entries, err := b.Blacklist(t.Context(), "", origin, store.Page{Limit: 10})
			require.NoError(t, err)
			require.Len(t, entries, 1)

			_, _, err = b.ReactivatePerson(t.Context(), ada)
			require.Equal(t, "blacklisted", faultCode(err))
			_, err = b.RemoveBlacklisted(t.Context(), entries[0].ID, nil)
			require.Equal(t, "consent_required", faultCode(err))
			_, err = b.RemoveBlacklisted(t.Context(), entries[0].ID, &store.Consent{Evidence: " "})
			require.Equal(t, "evidence_required", faultCode(err))
			_, err = b.RemoveBlacklisted(t.Context(), entries[0].ID, &store.Consent{Evidence: "mail of 3 May: please write to me again", KeyID: 7})
			require.NoError(t, err)
			require.Equal(t, store.Active, b.byEmail("ada@example.com").Status)
			var evidence, was string
			var key int64
			require.NoError(t, b.Pool().QueryRow(t.Context(), `SELECT evidence, origin, key_id FROM consents WHERE person_id = $1`, ada).Scan(&evidence, &was, &key))
			require.Equal(t, "mail of 3 May: please write to me again", evidence)
			require.Equal(t, origin, was)
			require.EqualValues(t, 7, key)
		})
	}
}

func TestAnUnsubscribeFollowsThePersonToANewAddress(t *testing.T) {
	b := newCrowd(t)
	ada, bob := b.create("ada@example.com").ID, b.create("bob@example.com").ID
	_, err := b.BlacklistPerson(t.Context(), ada, store.ByUnsubscribe, "")
	require.NoError(t, err)
	_, err = b.BlacklistPerson(t.Context(), bob, store.ByBounce, "")
	require.NoError(t, err)
	for id, address := range map[int64]string{ada: "ada@new.example", bob: "bob@new.example"} {
		_, _, err := b.PatchPerson(t.Context(), b.key, id, 2, store.PersonPatch{Email: &address})
		require.NoError(t, err)
	}
	_, _, err = b.ReactivatePerson(t.Context(), ada)
	require.Equal(t, "blacklisted", faultCode(err))
	_, _, err = b.ReactivatePerson(t.Context(), bob)
	require.NoError(t, err, "a bounce is about the address")
}

func TestOriginsOutrankEachOther(t *testing.T) {
	b := newCrowd(t)
	ada := b.create("ada@example.com").ID
	_, _, err := b.DeactivatePerson(t.Context(), ada)
	require.NoError(t, err)
	for _, step := range [][2]string{
		{store.ByBounce, store.ByBounce}, {store.BySpam, store.BySpam}, {store.ByUnsubscribe, store.BySpam}, {store.ByBounce, store.BySpam},
	} {
		_, err := b.BlacklistPerson(t.Context(), ada, step[0], "")
		require.NoError(t, err)
		require.Equal(t, step[1], b.byEmail("ada@example.com").InactiveReason)
		entries, err := b.Blacklist(t.Context(), "", step[1], store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, entries, 1)
	}
}
