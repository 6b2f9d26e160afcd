import { type Backend, backends } from './backend.ts'

/** True: suites run on every backend that they know, and not only on their sample. */
export const playsEachBackend = process.env.PORTOLAN_SCENARIOS === 'all'

/**
 * The backends on which a suite runs. The two of iptables share their code, so most suites run on nftables and on one of
 * the two: some on one, some on the other.
 *
 * @param all - those that the suite knows
 */
export const playedBackends = (
  sample: readonly Backend[],
  all: readonly Backend[] = backends,
): readonly Backend[] => (playsEachBackend ? all : sample)
