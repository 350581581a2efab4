// The pages work without this. It never sends anything: programs that check mails run the scripts of pages they open.
import "./style.css";
import { countDown } from "./countdown";
import { localize } from "./times";

localize(document);
countDown(document);
