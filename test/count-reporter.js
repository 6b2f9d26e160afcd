/**
 * Prints the line that continuous integration reads, as the last one: `N passed, N failed, N skipped`. In continuous
 * integration (CI=true) a skipped test fails the run, because the reason for the skip is not read there.
 */
export default class CountReporter {
  #skipped = 0

  onRunComplete(_contexts, results) {
    // A suite that could not start counts as a failure. Otherwise a syntax error would look like zero failures.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    this.#skipped = results.numPendingTests + results.numTodoTests
    process.on('exit', () => {
      const error = this.getLastError()
      if (error !== undefined) process.stderr.write(`${error.message}\n`)
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${this.#skipped} skipped\n`)
    })
  }

  /** Jest exits with 1 when there is such an error, and does not print it. */
  getLastError() {
    if (process.env.CI !== 'true' || this.#skipped === 0) return
    return new Error(`${this.#skipped} tests were skipped. With CI=true every test has to run.`)
  }
}
