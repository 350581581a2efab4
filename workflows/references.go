package workflows

import "time"

// What workflows ask for. Short activities touch one row; long ones heartbeat and resume from what Postgres knows.
var (
	// LoadRound reads the row again and clears its ring mark.
	LoadRound = Activity[Ref, Plan]{Name: "LoadRound", Queue: QueueRounds, StartToClose: 30 * time.Second}
	// OpenRound snapshots the audience and turns planned into open, or into matching where nobody is asked. A round so
	// late that its match instant has passed is skipped.
	OpenRound = Activity[Ref, Plan]{Name: "OpenRound", Queue: QueueRounds, StartToClose: 5 * time.Minute, Heartbeat: 30 * time.Second}
	// InviteJoiners adds people who joined the audience of an open round, and those whose snooze ended.
	InviteJoiners = Activity[Ref, Plan]{Name: "InviteJoiners", Queue: QueueRounds, StartToClose: 5 * time.Minute, Heartbeat: 30 * time.Second}
	// StoreAnswers writes a signal's batch of answers.
	StoreAnswers = Activity[StoreAnswersInput, StoredAnswers]{Name: "StoreAnswers", Queue: QueueRounds, StartToClose: 30 * time.Second}
	// CloseAnswers turns open into matching; who has not answered by then counts as no.
	CloseAnswers = Activity[Ref, Plan]{Name: "CloseAnswers", Queue: QueueRounds, StartToClose: time.Minute}
	// MatchRound makes the groups from a recorded seed and turns matching into review or ready.
	MatchRound = Activity[Ref, Plan]{Name: "MatchRound", Queue: QueueRounds, StartToClose: 15 * time.Minute, Heartbeat: 30 * time.Second}
	// RepairRound mends the groups that lost somebody, changing as few others as it can.
	RepairRound = Activity[Ref, Plan]{Name: "RepairRound", Queue: QueueRounds, StartToClose: 5 * time.Minute, Heartbeat: 30 * time.Second}
	// FreezeRound makes the groups final, records who met whom, and turns ready (or review at its deadline) into sending.
	FreezeRound = Activity[Ref, Plan]{Name: "FreezeRound", Queue: QueueRounds, StartToClose: 5 * time.Minute, Heartbeat: 30 * time.Second}
	// FinishSending turns sending into sent.
	FinishSending = Activity[Ref, Plan]{Name: "FinishSending", Queue: QueueRounds, StartToClose: 30 * time.Second}
	// CloseRound turns sent into closed.
	CloseRound = Activity[Ref, Plan]{Name: "CloseRound", Queue: QueueRounds, StartToClose: 30 * time.Second}
	// Deliver sends one kind of mail to everybody in a round or a session who is owed it, a page of 1,000 a call.
	Deliver = Activity[DeliverInput, Delivery]{Name: "Deliver", Queue: QueueMail, StartToClose: 24 * time.Hour, Heartbeat: 30 * time.Second}
	// TakeStep does what an enrollment has due, which may be a call to the mail provider, and says what it waits for next.
	TakeStep = Activity[Ref, Turn]{Name: "TakeStep", Queue: QueueSequences, StartToClose: 4 * time.Minute, Heartbeat: 20 * time.Second}
	// StartContacts starts the workflows of a batch's enrollments that have none yet, each with its first step's delay.
	StartContacts = Activity[Ref, Started]{Name: "StartContacts", Queue: QueueSequences, StartToClose: 24 * time.Hour, Heartbeat: 30 * time.Second}
	// PlanRound makes sure that the next occurrence of a schedule has its row and its workflow.
	PlanRound = Activity[Ref, NextRound]{Name: "PlanRound", Queue: QueueRounds, StartToClose: time.Minute}
	// AdvanceSession reads a networking session again, clears its ring mark, and opens, starts or ends it if that is due.
	AdvanceSession = Activity[Ref, SessionPlan]{Name: "AdvanceSession", Queue: QueueLobby, StartToClose: 30 * time.Second}
	// RunLobby owns the lobby of a session from the doors until its last meeting is over. An attempt that dies is noticed
	// within seconds, and the next one reads everything back.
	RunLobby = Activity[Ref, LobbyEnd]{Name: "RunLobby", Queue: QueueLobby, StartToClose: 15 * 24 * time.Hour, Heartbeat: 4 * time.Second}
	// PlayBot is the bot of a session, until the session is over or it is taken out.
	PlayBot = Activity[Ref, BotEnd]{Name: "PlayBot", Queue: QueueLobby, StartToClose: 15 * 24 * time.Hour, Heartbeat: 4 * time.Second}
	// CloseSession turns ending into closed.
	CloseSession = Activity[Ref, SessionPlan]{Name: "CloseSession", Queue: QueueLobby, StartToClose: time.Minute}
	// StoreTickets writes a signal's batch of tickets.
	StoreTickets = Activity[StoreTicketsInput, StoredTickets]{Name: "StoreTickets", Queue: QueueLobby, StartToClose: 30 * time.Second}
	// ControlSession does what an integration's signal commands.
	ControlSession = Activity[ControlInput, struct{}]{Name: "ControlSession", Queue: QueueLobby, StartToClose: 30 * time.Second}
	// ReconcileRows repeats unheard doorbells and starts workflows that open rows lack.
	ReconcileRows = Activity[struct{}, Reconciled]{
		Name: "ReconcileRows", Queue: QueueRounds, StartToClose: 25 * time.Second, ScheduleToClose: 28 * time.Second,
	}
)
