package reply

import "regexp"

var (
	// answering begins the subject of an answer, which repeats ours.
	answering = regexp.MustCompile(`^(?:re|aw|sv|fwd?|wg|tr|rv|antw)(?:\[\d+\])? ?:`)

	// never is a demand never to write again, with what people say instead: insults and threats.
	never = oneOf(
		// English
		`\b(?:stop|quit|cease|refrain from) (?:\w+ )?(?:contact|e-?mail|mail|messag|writ|spamm|harass|bother|pester)ing\b|\bstop (?:sending|with) (?:me |us |these |your |this |any |more )+(?:\w+ )?(?:e-?mails?|mails?|messages?|spam|junk|crap|stuff)|\b(?:cease|stop) (?:and desist|(?:all|any) (?:\w+ )?(?:communications?|contact|correspondence|messages))`,
		`\b(?:do not|don't|dont|never|not to|no longer|stop trying to) (?:ever )?(?:contact|e-?mail|mail|message|write(?: to)?|send|call|bother) (?:me |us |anyone |my |to )*(?:\w+ ){0,8}(?:again|any ?more|any longer|any (?:more|further) (?:\w+ )?(?:e-?mails?|mails?|messages))|\bnever (?:ever )?(?:contact|e-?mail|mail|write|message|bother)\b|\b(?:do not|don't|dont) (?:contact|e-?mail|message) (?:me|us)(?: please)? ?(?:[.!]|$)|\bno (?:more|further) (?:e-?mails|mails|messages|contact|communication)\b`,
		`\b(?:remove|delete|erase|take|strike) (?:me|us|my (?:e-?mail|address|name|contact|details|data)|our (?:address|domain)|this address)\b.{0,40}\b(?:lists?|databases?|systems?|crm|records|contacts|mailings?|campaigns?|immediately|at once|now)\b|\bnever want to hear|\bdon't want to (?:hear from|receive)|\bdo not (?:want|wish) to (?:hear|receive|be contacted)`,
		`\b(?:delete|erase|remove) (?:all )?(?:of )?(?:the |my |our |any )+(?:\w+ )?(?:data|information)\b.{0,40}\b(?:gdpr|hold|about me|have|immediately)|\bunder (?:the )?gdpr\b.{0,80}\b(?:delete|erase|complain|object)|\b(?:file|lodge|make|filing) an? (?:\w+ )?complaint|\breport(?:ing|ed)? (?:you|this|it|your \w+)\b.{0,40}\b(?:spam|ico\b|abuse|authorit|ftc\b|gdpr|regulator)|\b(?:legal action|my lawyers?|our lawyers|sue you|solicitors? will|cease and desist)|\bcan-?spam (?:act )?violation`,
		`\bfuck|\bpiss off|\bbugger off|\bget lost\b|\bgo to hell|\bleave (?:me|us) alone|\b(?:you|you're|bloody|damn|fucking) (?:are )?(?:a )?(?:spammers?|scammers?|idiots?|morons?|assholes?)\b|\bthis is (?:spam|harassment)\b|\bharassing (?:me|us)`,
		`\b(?:lose|forget|bin) (?:my|our|this) (?:e-?mail|address|number|contact)|\b(?:what|which) part of (?:"|')?no\b|\b(?:do not|don't) (?:ever )?(?:follow up|get back to (?:me|us)|come back to (?:me|us)|reach out)(?: (?:with|to) (?:me|us))?(?: again| anymore| any more)? ?(?:[.!]|$)|\b(?:marked|reported|flagged|blocked) (?:you|this|it|your \w+)(?: as (?:spam|junk))?\b|\b(?:erase|delete) (?:them|it all|everything)\b`,
		`\b(?:take|get|remove|keep|leave) (?:me|us|my \w+|our \w+)(?: \w+)? (?:off|from|out of) (?:of )?(?:your|this|these|whatever|all|any)\b|\b(?:fed up with|sick of|had enough of|enough of) (?:your|these|this|all these)\b|\benough (?:already|is enough)\b`,
		// French
		`\bne (?:me|nous|m') ?(?:re)?(?:contactez|contacter|ecrivez|ecrire|envoyez|envoyer|sollicitez|demarchez|relancez|derangez)\b.{0,20}\b(?:plus|jamais)|\bne plus (?:jamais )?(?:me |nous |m'|m )?(?:re)?(?:contacter|ecrire|envoyer|solliciter|demarcher|relancer|recevoir)|\b(?:arretez|cessez|arreter|cesser)(?: immediatement)? (?:de |d'|tout\w* |vos )(?:me |nous |m')? ?(?:envo|ecri|contact|harcel|solli|relanc|spam|prospect|communic|demarch|envois)|\b(?:stoppez|arretez|cessez) (?:tout|toute|vos) `,
		`\b(?:re)?(?:retir|enlev|supprim|ray|effac|ot)(?:er|ez)(?:-moi|-nous)?\b.{0,40}\b(?:listes?|fichiers?|bases?|donnees|diffusion|contacts)|\bne (?:souhait|veu|desir)\w+ (?:plus|pas) (?:jamais )?(?:recevoir|etre (?:re)?contact|entendre|etre sollicit)|\bplus aucun (?:message|mail|courriel|contact)`,
		`\bla cnil\b|\b(?:depos|port)\w* plainte|\bplainte (?:aupres|a la|contre)|\b(?:poursuites|mise en demeure|action en justice)\b|\bmon avocat (?:vous|prendra|va)|\bharcel(?:ement|er|ez)\b|\bsignal\w+ (?:comme |en tant que )?(?:spam|pourriel|indesirable)`,
		`\b(?:foutez|fichez|laissez|lachez)(?:-| )(?:moi|nous)\b.{0,15}\b(?:paix|tranquille)|\blachez-moi|\bva te faire|\ballez (?:vous|donc vous) (?:faire|fairefoutre)|\bdegage|\bconnards?\b|\bspammeurs?\b|\bc'est du spam\b`,
		`\boubliez (?:mon|notre|cette) (?:adresse|mail|contact|numero)|\bquelle partie d[eu]\b.{0,5}\bnon\b|\b(?:effacez|supprimez)-(?:les|moi|la)\b|\binutile de (?:revenir|relancer|me relancer|insister|rappeler)|(?:^|[:;,.!] )plus (?:de |d')(?:mails?|e-?mails?|courriels?|relances|appels|spams?|pub)\b|\b(?:ras le bol|marre|assez) (?:de |d')(?:vos|votre|ces|cette|tous ces)\b|\b(?:sort|retir|enlev)(?:ir|er|ez)\b.{0,40}\b(?:vos|votre|cette|ces) (?:relances|envois|listes?|campagnes?|sequences?|prospection)|\bderniere fois que\b.{0,60}\b(?:plus|arret|cess)`,
		// German
		`\bkein(?:e|erlei|en)? (?:weiter\w*|mehr|zusatzlich\w*) (?:e-?mails?|mails?|nachrichten|anfragen|werbung|kontakt\w*|zuschriften|anschreiben)|\bkein(?:e|erlei|en)? (?:e-?mails?|mails?|nachrichten|werbung|post|kontakt\w*) (?:mehr|wunsch\w*|erwunscht)|\bkeinerlei kontakt|\b(?:kontaktieren|schreiben|schicken|senden|belastigen|mailen|anschreiben)(?: sie)?(?: mich| mir| uns)?(?: \w+){0,3} (?:nicht|nie) (?:mehr|wieder|noch ?mal)|\b(?:schreib|kontaktier|schick)\w* (?:mir|mich|uns) (?:bitte )?(?:nicht|nie) (?:mehr|wieder)|\bnicht (?:mehr|wieder) (?:kontaktier|anschreib|anzuschreib|angeschrieb|zu kontaktier|per e-?mail)|\bsehen sie (?:kunftig )?von weiteren|\bvon weiteren? (?:\w+ )?(?:mails?|e-?mails|nachrichten|anfragen|kontaktaufnahmen?|zusendungen)\b.{0,20}\b(?:ab\b|abseh|abzuseh)|\b(?:horen sie|hort|hor) (?:endlich |sofort |bitte )?auf\b|\bunterlassen sie`,
		`\b(?:nehmen|nehmt|streichen|entfernen|loschen|streicht|losch\w*|entfern\w*)\b.{0,50}\b(?:verteiler|liste|datenbank|adressbestand|mailingliste|kontaktdaten|system)|\b(?:aus|von) (?:ihrem|eurem|ihrer|eurer|dem|der|allen) (?:\w+)?(?:verteiler|liste|datenbank)n?\b.{0,30}\b(?:nehmen|streichen|loschen|entfernen)|\b(?:loschen sie|losch\w*|loschung)\b.{0,40}\b(?:meine|meiner|samtliche|aller?)\b.{0,20}\bdaten|\bmeine (?:\w+ )?daten\b.{0,40}\b(?:loschen|zu loschen|geloscht)`,
		`\bdatenschutz(?:behorde|aufsicht|beschwerde)|\bbeschwer(?:e|en) (?:ich )?mich|\bbeschwerde (?:bei|ein)|\babmahn|\b(?:meinen?|unseren?) (?:anwalt|anwaltin|rechtsanwalt|rechtsabteilung)\b.{0,40}\b(?:ein|weiter|ubergeb|melde)|\bschalte\b.{0,20}\banwalt|\brechtliche schritte|\bstrafanzeige|\banzeige erstatten|\bunterlassung|\bals spam (?:gemeldet|melden)`,
		`\b(?:lassen|lasst|lass) (?:sie )?(?:mich|uns)\b.{0,20}\bin ruhe|\bverpiss|\bverschwinde|\bleck mich|\barschl|\bihr spammer|\bbelastig|\bdas ist spam|\bscheiss`,
		`\bvergessen sie (?:meine|unsere|diese)\b|\bwelchen teil v[oa]\w+ nein|\bkeine (?:mails|e-?mails|nachrichten|werbung),? (?:und )?keine\b|\bloschen sie (?:diese|sie|alles)\b|\b(?:nehmen|nehmt|streichen|entfernen)\b.{0,50}\b(?:kampagnen?|sequenz|aussendungen?|serienmails?)\b|\b(?:es reicht|schluss|genug)\b.{0,15}\b(?:mit|von) (?:dies\w+|ihr\w+|eur\w+|dem|den|der)\b|\bzum (?:aller)?letzten mal\b`,
		// Spanish
		`\bno (?:me|nos) (?:vuelv\w+ a )?(?:escrib|contact|envi|mand|molest|llam)\w+(?: \w+){0,3} (?:mas|nunca|otra vez|de nuevo|jamas)\b|\bno (?:me|nos) vuelv\w+ a (?:escrib|contact|envi|mand|molest)|\bno vuelv\w+ a (?:escrib|contact|envi|mand|molest)|\bno (?:quier|dese)\w+ (?:recibir|saber|que me (?:contact|escrib))|\b(?:dej|par|ces)\w{1,3} (?:ya )?de (?:enviar|escrib|contact|mand|molest|acosar)(?:me|nos|irme|irnos|arme|arnos)?(?:me|nos)?\b|\bni un (?:correo|mensaje) mas|\bno mas (?:correos|mensajes|emails)`,
		`\b(?:elimin|borr|quit|sa[cq]u?|supr\w*|ret\w*)\w*(?:me|nos)\b.{0,40}\b(?:listas?|base|bases|datos|fichero|contactos|sistema)|\b(?:elimin|borr|suprim)\w+ (?:todos )?(?:mis|nuestros|mi|nuestra|todos mis) (?:datos|direccion|correo|informacion)`,
		`\baepd\b|\bagencia (?:espanola )?de proteccion de datos|\b(?:presentar|interpondr|pondr)\w* (?:una )?(?:reclamacion|denuncia|queja)|\b(?:los|les|te|le) (?:denunci|demand)\w+|\bmedidas legales|\bacciones legales|\bmi abogado (?:se|les|le)|\b(?:es|ya es) acoso|\breport\w+ como spam`,
		`\b(?:dejen|deje|deja|dejad)(?:me|nos) (?:ya )?en paz|\bmierda\b|\bque os den|\bvete al?\b|\bvayanse al? (?:mierda|diablo|infierno|carajo)|\bgilipollas|\bspammers?\b|\besto es spam`,
		`\bolvid(?:ese|ense|ate|aos|en|e) (?:de )?(?:mi|nuestr[oa]|est[ae]) (?:direccion|correo|contacto|numero)|\bque parte de\b.{0,5}\bno\b|\bni (?:un )?mas (?:correos|mensajes|llamadas|publicidad)|\b(?:borr|elimin)en?l[oa]s?\b|\b(?:saqu|sac|quit)\w+\b.{0,40}\b(?:esta|su|sus|estas|vuestras?) (?:campanas?|listas?|secuencias?|envios)|\bbasta (?:ya )?de\b|\bhart[oa]s? de (?:sus|estos|tantos|vuestros)\b|\bultima vez que (?:se )?l[oe]s?\b`,
	)

	// except takes out of the text what only sounds like it: another address, another time, another thing.
	except = oneOf(
		`\b(?:do not|don't|dont|stop|no longer|never|not)\b[^.!?]{0,40}\b(?:at|to|on|via|using) (?:this|that|the old|my old) (?:\w+ )?(?:e-?mail )?(?:address|account|mailbox|inbox|number)[^.!?]{0,20}`,
		`\b(?:do not|don't|dont) (?:contact|e-?mail|mail|message|write)\b[^.!?]{0,30}\b(?:until|before|today|this (?:week|month)|tomorrow)\b|\bdon't hesitate[^.!?]*`,
		`\bne (?:plus )?(?:me |m'|m )?[^.!?]{0,30}\b(?:sur|a) cette adresse[^.!?]{0,40}|\bn'hesitez[^.!?]*`,
		`\bschreib\w*[^.!?]{0,40}\b(?:an|unter|auf) diese\w? (?:e-?mail-?)?(?:adresse|mail|konto)|\bnicht mehr (?:an|unter) diese\w? (?:e-?mail-?)?adresse|\bkeine (?:e-?mails?|mails?) (?:vor|bis)\b`,
		`\bno (?:me|nos) (?:escrib|envi|contact|mand)\w+[^.!?]{0,30}\b(?:a|en) (?:esta|este) (?:direccion|correo|cuenta|buzon)`,
		`\bif you (?:take|remove|delete)\b[^.!?]*|\b(?:remove|take)[^.!?]{0,40}\bbut keep\b[^.!?]*`,
	)

	// leave asks to be taken off, in a mail that says little else.
	leave = oneOf(
		`\bunsub(?:scribe\w*|scription)?\b|\bopt(?:ing)?[- ]?(?:me )?out\b|^(?:please )?remove(?: me)?(?: please)?[ .!]*$`,
		`^(?:please |por favor,? |bitte |merci,? )?stop(?:[ ,]+(?:please|svp|s'il vous plait|bitte|por favor|merci|gracias|thanks|danke|it|mails?|e-?mails?|all|sms))*[ .!]*$`,
		`\bdesinscri\w*|\bdesabonn\w*|\bresili\w+ (?:mon|l')abonnement`,
		`\babmeld(?:en|ung|e|et)\b|\bmeld\w*\b.{0,50}\bab\b|\baustrag\w*|\bausgetragen|\btrag\w* (?:sie )?(?:mich|uns)\b.{0,20}\baus\b|\babbestell\w*|\bbestell\w*\b.{0,40}\bab\b`,
		`\b(?:d[aeo]\w{0,5}|doy) (?:de )?baja\b|^(?:la |solicito |pido )?(?:la )?baja\b|\bsolicit\w+ (?:la |mi )?baja|\bcancelar? (?:la |mi )?(?:suscripcion|subscripcion)|\bdesuscrib\w*|\banular (?:la |mi )?suscripcion`,
	)

	// leaveMe asks for it among other things.
	leaveMe = oneOf(
		`\b(?:please|kindly|just|and) (?:\w+ )?unsubscribe (?:me|us|my|this|pat|the (?:address|whole))\b|\bunsubscribe (?:me|us)\b`,
		`\b(?:desinscrivez|desabonnez|desinscrire|desabonner)-(?:moi|nous)\b|\b(?:me|nous) (?:desinscrire|desabonner)\b`,
		`\bmelden sie (?:mich|uns)\b.{0,40}\bab\b|\btragen sie (?:mich|uns)\b.{0,40}\baus\b`,
		`\b(?:den|de|dar|dad)(?:me|nos) de baja\b`,
	)

	// others are whom a question about the product is about, or a meeting that somebody calls off.
	others = oneOf(
		`\b(?:don't|do not|not|never) (?:\w+ )?unsubscribe`,
		`\b(?:users?|employees?|colleagues?|people|members?|customers?|contacts|staff|newsletters from)\b`,
		`\b(?:utilisateurs?|collegues?|employes?|personnes?|membres?|clients?|salaries?)\b`,
		`\b(?:nutzer|kollegen|mitarbeiter\w*|personen|mitglieder|kunden|termin|treffen|meeting|krank|montag|dienstag|mittwoch|donnerstag|freitag|heute|morgen)\b`,
		`\b(?:usuarios?|empleados?|companer\w+|personas?|miembros?|clientes?|quien|medica|enferm\w+|maternidad|paternidad)\b`,
	)
)
