import Sequencer from '@jest/test-sequencer'

/**
 * Suites that take minutes, longest first. A run takes as long as its last suite. jest knows the times only from an
 * earlier run. Without them it begins with the longest files, and the kernel suites' files are short.
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

/** Uses jest's own order where jest knows every suite's time, else the list above. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    if (sorted.every((test) => this.time(test) !== undefined)) return sorted
    // The sort is stable: within a rank jest's own order stays.
    return [...sorted].sort((one, other) => rank(one) - rank(other))
  }
}
