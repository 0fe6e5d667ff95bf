// Lines that people type, as long as the server takes them: it counts code points (Net/schema.py, `text`). The attribute
// maxlength counts UTF-16 units, of which an emoji has two or more, so it would stop a name that the server takes.
//
// In:  every <input data-most="16"> of the page. Out: the same inputs, which hold no more than so many code points.

/** Holds the inputs of this page to their limits. */
export function limitAllLines() {
  for (const input of document.querySelectorAll("input[data-most]")) limitCharacters(/** @type {HTMLInputElement} */ (input));
}

/** @param {HTMLInputElement} input */
function limitCharacters(input) {
  const most = Number(input.dataset.most);
  const cut = () => {
    const kept = firstCharacters(input.value, most);
    if (kept !== input.value) input.value = kept;
  };
  // While an input method composes a character, its line must be left alone.
  input.addEventListener("input", (event) => event.isComposing || cut());
  input.addEventListener("compositionend", cut);
}

/**
 * The start of a text, of at most so many code points, cut where a person sees the end of a character.
 * @param {string} text @param {number} most @returns {string}
 */
export function firstCharacters(text, most) {
  // A letter with its marks or an emoji of several parts is one cluster; Firefox has the segmenter since version 125.
  const clusters = Intl.Segmenter ? [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment) : [...text];
  let [kept, count] = ["", 0];
  for (const cluster of clusters) {
    count += [...cluster].length;
    if (count > most) break;
    kept += cluster;
  }
  return kept || [...text].slice(0, most).join(""); // one cluster alone is too long
}
