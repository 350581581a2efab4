package reply

import "strings"

// languages that rules are written for, by ISO 639-1 code.
var languages = [...]string{"en", "fr", "de", "es"}

// common are frequent words of each language that the others do not have, folded.
var common = func() map[string]int {
	m := map[string]int{}
	for i, words := range [...]string{
		`the and is are you your i i'm i'll my we our to of for from with this that will be been not it have has please thank thanks out office back until hello dear at by me do does did don't can can't what how unsubscribe remove mail any on`,
		`le les et est vous votre vos je j'ai mon ma mes nous notre du des au aux pour avec ce cette ces sera serai suis ne pas plus bonjour merci retour jusqu'au bureau dans sur que qui une en de la absent desinscrire desabonner me svp veuillez desinscription desabonnement c'est il elle moi notre avons message votre reponse`,
		`der die das und ist sind sie ihr ihre ihrer ihnen ich mein meine wir unser zu von fur mit dieser diese wird werde werden nicht es haben hat bitte danke dank bin bis hallo im am zum zur den dem ein eine einen auf aus wieder kein keine abmelden abmeldung mich mir ja nein uns sich wie kann noch nur ab diesem ihnen euch ist austragen`,
		`el los las y es son usted su sus yo mi mis nosotros nuestro del para con este esta estas sera estoy estare no mas hola gracias hasta oficina en que por una un de la me lo le se al fuera vuelvo baja favor cancelar suscripcion lista correo nunca gracias darme darse como pero ya muy sin`,
	} {
		for _, w := range strings.Fields(words) {
			m[w] |= 1 << i
		}
	}
	return m
}()

// language guesses what folded text is written in, by counting common words; "" if there are none. Of two languages in
// equal shares it is the first to come.
func language(folded string) string {
	var counts, began [len(languages)]int
	n := 0
	for w := range strings.FieldsFuncSeq(folded, func(r rune) bool { return r != '\'' && (r < 'a' || r > 'z') }) {
		n++
		for i := range languages {
			if common[w]&(1<<i) == 0 {
				continue
			}
			if counts[i]++; n <= 20 {
				counts[i]++ // a notice in two languages begins with its writer's
			}
			if began[i] == 0 {
				began[i] = n
			}
		}
	}
	best, most, first := "", 0, 0
	for i, l := range languages {
		if counts[i] > most || counts[i] == most && began[i] < first {
			best, most, first = l, counts[i], began[i]
		}
	}
	return best
}
