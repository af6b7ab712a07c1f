// Pictures that are decoded when there is time: the hand on a slider comes first.

/** Of each frame of the screen this much goes into strips, in milliseconds; the rest is the browser's. */
const BUDGET_MS = 7;

/** A list of small jobs that is worked off between frames, and begins anew whenever the code has changed. */
export class Sweep {
  /** @param {function(): void} onDone called when the list is empty */
  constructor(onDone = () => {}) {
    Object.assign(this, { jobs: [], next: 0, frame: 0, onDone });
    this.work = this.work.bind(this);
  }

  /**
   * Forget what was left of the old list.
   * @param {(function(): void)[]} jobs the most urgent first
   */
  begin(jobs) {
    Object.assign(this, { jobs, next: 0 });
    this.frame ||= requestAnimationFrame(this.work);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    Object.assign(this, { jobs: [], next: 0, frame: 0 });
  }

  work() {
    const end = performance.now() + BUDGET_MS;
    while (this.next < this.jobs.length && performance.now() < end) this.jobs[this.next++]();
    this.frame = this.next < this.jobs.length ? requestAnimationFrame(this.work) : 0;
    if (!this.frame) this.onDone();
  }
}
