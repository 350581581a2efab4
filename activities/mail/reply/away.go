package reply

import (
	"regexp"
	"strings"
)

// oneOf matches any of the patterns, which are about folded text.
func oneOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(patterns, "|"))
}

var (
	// awaySubject begins the subject of a notice. Not after "Re:": that is a person writing about one.
	awaySubject = regexp.MustCompile(`^(?:\[[^\]]{0,40}\] ?)?(?:` + strings.Join([]string{
		`(?:automatic|automated|auto) ?-?(?:reply|response|answer)\b|auto-?(?:reply|response)\b`,
		`(?:i am |i'm )?(?:currently )?out of (?:the )?office\b|ooo\b|away from (?:my|the)\b|on (?:annual |parental |maternity )?(?:leave|vacation|holidays?)\b|vacation (?:reply|response|notice)|absence notice`,
		`reponse automatique|message d'absence|(?:je suis )?absente?s?\b|absence\b|en conges?\b|hors du bureau`,
		`automatische (?:antwort|ruckantwort|abwesenheit\w*|e-?mail-?antwort)|abwesen\w*|nicht im bue?ro|ausser haus|im urlaub\b|urlaub(?:svertretung|snotiz)\b`,
		`respuesta automatica|contestacion automatica|fuera de (?:la )?oficina|ausen(?:te|cia)\b|de vacaciones\b|mensaje de ausencia|cerrado por vacaciones`,
	}, "|") + `)`)

	// away says that the writer is away now.
	away = oneOf(
		`\b(?:i am|i'm|im|i will be|i'll be|we are|we will be|office is|offices are|company is|(?:am )?currently|presently)\b.{0,40}\b(?:out of (?:the |my )?office|not in the office|out of town|on (?:\w+ ){0,2}leave|taking (?:some |a few )?(?:time|days) off|off work|off sick|on (?:\w+ )?(?:holidays?|vacation|sabbatical|pto)|away\b|travell?ing|ooo\b|out sick|closed|attending|unavailable|not available)`,
		`\bout of (?:the )?office (?:until|till|from|through|and)\b`,
		`\bje (?:suis|serai)\b.{0,40}\b(?:absente?|en (?:\w+ )?(?:conges?|vacances|deplacement|arret|formation|rtt|maladie)|hors du bureau|injoignable|indisponible)|\babsente? du bureau|\bjours de (?:repos|conges?)|\bactuellement (?:absente?|en conges?)|\b(?:est|sont|serons?|sommes) fermes?\b`,
		`\b(?:ich )?(?:bin|befinde mich|sind wir|wir sind|werde ich|ich werde)\b.{0,60}\b(?:nicht (?:im (?:bue?ro|haus|dienst)|am platz|erreichbar|anwesend)|ausser haus|im (?:\w+)?urlaub|abwesend|auf (?:dienst|geschafts)?reisen?|in (?:\w+ )?(?:elternzeit|mutterschutz|urlaub)|unterwegs|krank|erkrankt|nicht da)|\b(?:freie tage|habe ich urlaub|habe ich frei)|\bbetriebsferien\b`,
		`\b(?:estoy|estare|estoy actualmente|me encuentro|estaremos|permaneceremos|estamos)\b.{0,40}\b(?:fuera (?:de (?:la )?oficina|del despacho)|ausente|de vacaciones|de viaje|de baja|de permiso|cerrad\w+|dias libres)|\bdias libres\b|\bno estare (?:disponible|en la oficina)`,
	)

	// boilerplate is what notices say besides.
	boilerplate = oneOf(
		`\b(?:limited|no|without|intermittent) access\b|\burgent|\bimmediate (?:assistance|help|attention)|\bin (?:case of )?an? emergency|\b(?:upon|on|after|until) my return|\bwhen i(?:'m| am| get)? (?:back|return)|\bnot be (?:read|check|monitor|forward)|\bnot reading\b|\bas soon as (?:possible|i)\b|\bautomat(?:ic|ed)|\bfor anything that can't wait`,
		`\bacces (?:limite|a ma messagerie)|\bpas acces\b|\burgen(?:t|ce)|\ba mon retour|\bpendant mon absence|\bne (?:sera|seront|serez) pas|\bdes mon retour|\bmessage automatique`,
		`\bdringend|\beil(?:ig|fall)|\bin notfallen|\bnicht (?:weitergeleitet|gelesen|bearbeitet)|\bnach meiner ruckkehr|\bmeine vertretung|\bvertretungsweise|\bautomatisch\w* (?:nachricht|antwort)|\bnur (?:sehr )?(?:eingeschrankt|unregelmassig)|\blese (?:\w+ )?(?:e-?mails?|mails?|nachrichten) nicht`,
		`\bacceso (?:limitado|a mi correo|al correo)|\burgen(?:te|cia)|\ba mi (?:vuelta|regreso)|\bdurante mi ausencia|\bno (?:sera|seran) (?:leid|reenvia|atendid)|\bno podre atender|\blo antes posible|\bmensaje automatico`,
	)

	// automated says itself that no person wrote it.
	automated = oneOf(
		`\bthis is an? (?:auto\w*|out of office)[ -](?:\w+ )?(?:response|reply|message|e-?mail|notice)|\b(?:e-?mail|message|reply) (?:is|was|has been) (?:generated automatically|automatically generated|sent automatically)`,
		`\bceci est une? (?:reponse|message|mail|courriel) (?:d'absence )?automatique|\bcette reponse est automatique|\b(?:message|reponse) (?:genere|envoye)e? automatiquement`,
		`\bdies\w* ist eine automatische?\w* (?:erstellte |generierte )?(?:antwort|nachricht|e-?mail|mail)|\b(?:nachricht|antwort|e-?mail) wurde automatisch`,
		`\best[ae] es una? (?:respuesta|mensaje|correo) (?:automatic|generad)\w+|\b(?:mensaje|respuesta|correo) (?:generad|enviad)[oa] automaticamente`,
	)

	// thanks opens a notice.
	thanks = regexp.MustCompile(`^.{0,40}\b(?:thank(?:s| you) for|merci (?:de|d'|pour)|(?:danke|dank) (?:fur|furs)|gracias por)\b`)

	// standIn is somebody to turn to instead.
	standIn = regexp.MustCompile(`\b(?:colleagues?|team|collegues?|equipe|kolleg\w+|companer\w+|equipo|assistante?|secretar\w+)\b.{0,60}\S@\S`)

	// talking is what people say who are in a conversation, which notices do not.
	talking = oneOf(
		`\?`,
		`\b(?:let's|let us|can we|could we|shall we|sounds|happy to (?:chat|talk|meet|discuss|have|take|see|hop|jump|join)|interested|your (?:offer|proposal|idea|question)|talk (?:after|then|when|soon)|speak (?:after|then|when)|works for me|catch up)\b`,
		`\b(?:on se (?:parle|rappelle|voit)|parlons|votre (?:proposition|offre|idee)|m'interesse|volontiers|rappelez-moi|ca me va|me convient)\b`,
		`\b(?:passt (?:mir|der|das|es)|gerne?\b.{0,30}\b(?:danach|sprechen|telefonieren)|danach gerne?|lassen sie uns|klingt|ihr (?:angebot|vorschlag)|konnen wir)\b`,
		`\b(?:hablamos|me interesa|me (?:viene|va) bien|su (?:propuesta|oferta|idea)|podemos|llameme|con mucho gusto)\b`,
	)
)
