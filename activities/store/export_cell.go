package store

import "strings"

// Spreadsheets run a cell that begins with one of these as a formula. See OWASP, "CSV Injection".
const formulaStart = "=+-@\t\r"

// escapeFormula puts an apostrophe before a cell that a spreadsheet would run, and before one that already looks so
// escaped: unescapeFormula gives back exactly what was.
func escapeFormula(cell string) string {
	if looksEscaped(cell, 0) {
		return "'" + cell
	}
	return cell
}

func unescapeFormula(cell string) string {
	if looksEscaped(cell, 1) {
		return cell[1:]
	}
	return cell
}

// looksEscaped reports whether a cell is at least so many apostrophes and then the start of a formula.
func looksEscaped(cell string, apostrophes int) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.IndexByte(formulaStart, rest[0]) >= 0 && len(cell)-len(rest) >= apostrophes
}
