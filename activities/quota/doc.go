// Package quota decides at which instant a mail of a sequence goes out: inside the hours of its sender, within the sender's
// quotas, as early as these allow and spread over the hour.
//
// A slot is one clock hour (10 is 10:00 to 11:00) of a day on which the sender sends. It begins when the sender's clock
// first shows its full hour and lasts while the clock shows that hour, one hour at most. So an hour that the clock skips is
// no slot, nor is one whose beginning it skips (02:30 to 03:00 on Lord Howe Island), and of an hour shown twice the first
// showing is the slot (RFC 5545, 3.3.5). Both showings are one clock hour to quotas that count mails in it.
//
// Each sender has a grid: the same few positions in every slot of every day, never on the full hour. A quota of 24 hours
// that is full every day therefore flows: the mail of 10:17:20 frees 10:17:20 of the next day, and nothing drifts.
//
// The package is pure: no I/O and no clock, and what it decides depends on its arguments alone.
package quota
