import { type ReportedFaults, reportedFaults } from '../../cluster/reported-faults.ts'
import type { Terminal } from '../output/terminal.ts'

/**
 * What one command has printed about its cluster. A watch plans, follows the cluster and writes down losses, each by
 * itself, and each finds the same facts.
 */
export interface SaidOfCluster {
  /** The faults that keep etcd away. */
  readonly faults: ReportedFaults
  /** Prints a sentence, unless it was printed since `isWell`. */
  say(sentence: string): void
  /** Prints which hosts etcd lost, where they differ from those that were printed last; null: none. */
  unknownHosts(sentence: string | null): void
  /** Notes that the state directory says what this host is. Sentences are printed again after that. */
  isWell(): void
}

const ofTerminals = new WeakMap<Pick<Terminal, 'say'>, SaidOfCluster>()

/** @param terminal - the terminal of the command */
export const saidOfCluster = (terminal: Pick<Terminal, 'say'>): SaidOfCluster => {
  const known = ofTerminals.get(terminal)
  if (known !== undefined) return known
  const said = new Set<string>()
  let unknown: string | null = null
  const fresh: SaidOfCluster = {
    faults: reportedFaults(),
    say: (sentence) => {
      if (said.has(sentence)) return
      said.add(sentence)
      terminal.say(`portolan: ${sentence}`)
    },
    unknownHosts: (sentence) => {
      if (sentence !== null && sentence !== unknown) terminal.say(`portolan: ${sentence}`)
      unknown = sentence
    },
    isWell: () => said.clear(),
  }
  ofTerminals.set(terminal, fresh)
  return fresh
}
