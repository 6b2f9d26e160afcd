import Sequencer from '@jest/test-sequencer'

/**
 * Suites that take minutes, longest first. A run takes as long as its last suite, and jest, which knows the time of
 * each only from the run before, would begin with the longest files: those of the kernel suites are short.
 */
const long = [
  /^\/packages\//,
  /kernel\/lifecycle-/,
  /kernel\/killed/,
  /kernel\/conflicts-/,
  /kernel\/contract-/,
  /kernel\/(random-hosts|differential|fix|sysctls|remedies-|neighbours-)/,
  /(property|corpus)\/conflicts/,
  /kernel\//,
  /property\//,
  /examples\/markdown/,
  /cli\//,
  /lease-store\/many-processes/,
  /bench\//,
]

const rank = ({ path }) => {
  const found = long.findIndex((pattern) => pattern.test(path.replace(import.meta.dirname, '')))
  return found === -1 ? long.length : found
}

/** Jest's own order where it knows every suite's time; else that of the list above. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    if (sorted.every((test) => this.time(test) !== undefined)) return sorted
    // A stable sort: within a rank, jest's own order stands.
    return [...sorted].sort((one, other) => rank(one) - rank(other))
  }
}
