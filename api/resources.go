package api

// resources are all of Rondo's routes, one file each. Add yours here.
var resources = []func(*Server){
	(*Server).addHealth,
	(*Server).addVersion,
	(*Server).addKeys,
	(*Server).addUsers,
	(*Server).addPeople,
	(*Server).addPeopleActions,
	(*Server).addWishes,
	(*Server).addPeopleImport,
	(*Server).addPeopleExport,
	(*Server).addLists,
	(*Server).addBlacklist,
	(*Server).addPrograms,
	(*Server).addForecast,
	(*Server).addHolidays,
	(*Server).addSchedules,
	(*Server).addOccurrences,
	(*Server).addPlanning,
	(*Server).addRounds,
	(*Server).addMembers,
	(*Server).addGroups,
	(*Server).addExplain,
	(*Server).addMessages,
	(*Server).addTexts,
	(*Server).addWebhooks,
	(*Server).addPages,
	(*Server).addDocs, // last: it shows the others
}
