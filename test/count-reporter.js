/**
 * Prints the one line that continuous integration reads, last: `N passed, N failed, N skipped`. In continuous
 * integration (CI=true) a skipped test fails the run: the lines that say why it was skipped are not read there.
 */
export default class CountReporter {
  #skipped = 0

  onRunComplete(_contexts, results) {
    // A suite that could not even start counts as a failure, or a syntax error would look like zero failures.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    this.#skipped = results.numPendingTests + results.numTodoTests
    process.on('exit', () => {
      const error = this.getLastError()
      if (error !== undefined) process.stderr.write(`${error.message}\n`)
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${this.#skipped} skipped\n`)
    })
  }

  /** Jest exits with 1 when there is one, and does not print it. */
  getLastError() {
    if (process.env.CI !== 'true' || this.#skipped === 0) return
    return new Error(`${this.#skipped} tests were skipped. With CI=true every test has to run.`)
  }
}
