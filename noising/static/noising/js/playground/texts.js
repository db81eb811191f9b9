/** The texts of ids inside a text; each is requested once. */

import { post } from "../api.js";

const MASK = "[MASK]";

export class Texts {
  /** @param {string} address the URL of POST /api/v1/detokenize. */
  constructor(address) {
    this.address = address;
    this.byTokenizer = new Map();
  }

  /**
   * Return a function from id to text, when the texts of all ids have been received.
   *
   * @param {object} tokenizer name and vocab_size.
   * @param {Set<number>} ids
   * @param {AbortSignal} signal
   */
  async of(tokenizer, ids, signal) {
    if (!this.byTokenizer.has(tokenizer.name)) {
      this.byTokenizer.set(tokenizer.name, new Map());
    }
    const known = this.byTokenizer.get(tokenizer.name);
    const wanted = [...ids].filter((id) => id < tokenizer.vocab_size && !known.has(id));
    if (wanted.length) {
      // A first or last token may lose its blank, so put each id between others.
      const tokens = [wanted[0], ...wanted, wanted[0]];
      const body = { tokens, tokenizer: tokenizer.name, return: ["texts"] };
      const { texts } = await post(this.address, body, signal);
      wanted.forEach((id, place) => known.set(id, texts[place + 1]));
    }
    return (id, maskId) => (id === maskId ? MASK : known.get(id) ?? `#${id}`);
  }
}
