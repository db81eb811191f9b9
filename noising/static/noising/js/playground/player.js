/** The controls of the timestep: a slider, a number field and a play button. */

const WHOLE_MS = 10_000; // from the first timestep to the last, at speed 1
const TAKES_SPACE = "input, select, textarea, button, summary, a, [role=button], [role=group]";

export class Player {
  /**
   * @param {HTMLElement} root contains the controls.
   * @param {object} calls show(timestep), called at each new one; rest(), called when
   *   it has stopped.
   */
  constructor(root, { show, rest }) {
    this.calls = { show, rest };
    const control = (name) => root.querySelector(`[data-${name}]`);
    this.slider = control("slider");
    this.box = control("timestep");
    this.play = control("play");
    this.speed = control("speed");
    this.last = control("last");
    this.frame = null;
    this.chosen = { timestep: this.timestep, count: this.end + 1 };
    for (const shown of [this.slider, this.play]) shown.hidden = false;
    this.slider.addEventListener("input", () => this.takeOver(this.slider.value));
    this.slider.addEventListener("change", () => this.calls.rest());
    this.box.addEventListener("input", () => this.takeOver(this.box.value));
    this.box.addEventListener("change", () => this.calls.rest());
    this.play.addEventListener("click", () => (this.frame ? this.stop() : this.start()));
  }

  /** Let the space bar play and pause unless the focus is where it has a meaning. */
  followSpace() {
    this.play.title = "Space plays and pauses";
    document.addEventListener("keydown", (event) => {
      const isTaken = event.target.closest(TAKES_SPACE) && event.target !== this.slider;
      if (event.key !== " " || isTaken || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      if (!event.repeat && !this.play.disabled) this.play.click();
    });
  }

  get timestep() {
    return Number(this.slider.value);
  }

  get end() {
    return Number(this.slider.max);
  }

  /** Set the range to that of another process, and the timestep nearest in time. */
  set(count) {
    const { timestep, count: before } = this.chosen;
    const nearest = Math.floor(((timestep + 1) * count * 2 + before) / (2 * before)) - 1;
    for (const input of [this.slider, this.box]) input.max = String(count - 1);
    this.last.textContent = String(count - 1);
    this.play.disabled = count < 2;
    this.moveTo(Math.min(count - 1, Math.max(0, nearest)));
  }

  /** Show a timestep. */
  moveTo(timestep) {
    this.slider.value = String(timestep);
    if (this.box.value !== String(timestep)) this.box.value = String(timestep);
    this.calls.show(timestep);
  }

  /** Stop playing when the user changes a control. */
  takeOver(text) {
    const timestep = Math.round(Number(text));
    if (text === "" || !Number.isFinite(timestep)) return;
    if (this.frame) this.stop();
    this.moveTo(Math.min(this.end, Math.max(0, timestep)));
    this.choose();
  }

  /** Remember the present timestep, which other processes show at the same time t. */
  choose() {
    this.chosen = { timestep: this.timestep, count: this.end + 1 };
  }

  /** Play from here to the end, or from the beginning if this is the end. */
  start() {
    if (this.timestep >= this.end) this.moveTo(0);
    this.play.textContent = "Pause";
    let at = this.timestep;
    let before = null;
    const step = (now) => {
      if (before !== null) {
        at += ((now - before) / WHOLE_MS) * Number(this.speed?.value ?? 1) * this.end;
      }
      before = now;
      const timestep = Math.min(this.end, Math.floor(at));
      if (timestep !== this.timestep) this.moveTo(timestep);
      if (timestep >= this.end) this.stop();
      else this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  /** Stop playing. */
  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.play.textContent = "Play";
    this.choose();
    this.calls.rest();
  }
}
