import { type ToldFaults, toldFaults } from '../../cluster/told-faults.ts'
import type { Terminal } from '../output/terminal.ts'

/**
 * What one command has said of its cluster. A watch plans, follows the cluster and writes down what was lost, each by itself,
 * and each finds the same.
 */
export interface SaidOfCluster {
  /** What keeps etcd away. */
  readonly faults: ToldFaults
  /** Says a sentence that was not said since `isWell`. */
  say(sentence: string): void
  /** Says which hosts etcd lost, where they are others than it said last; null: none. */
  unknownHosts(sentence: string | null): void
  /** The state directory says what this host is. */
  isWell(): void
}

const ofTerminals = new WeakMap<Pick<Terminal, 'say'>, SaidOfCluster>()

/** @param terminal - of the command */
export const saidOfCluster = (terminal: Pick<Terminal, 'say'>): SaidOfCluster => {
  const known = ofTerminals.get(terminal)
  if (known !== undefined) return known
  const said = new Set<string>()
  let unknown: string | null = null
  const fresh: SaidOfCluster = {
    faults: toldFaults(),
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
