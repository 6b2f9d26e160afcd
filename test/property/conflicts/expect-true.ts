import { expect } from '@jest/globals'
import { type Seen, tell } from './look.ts'

/** Checks that every witness behaves as its conflict says, and that every conflict has sentences for people. */
export const expectTrue = ({ conflicts, fate }: Seen): void => {
  for (const conflict of conflicts) {
    const { kind, certainty, message, remedy, trace, witness } = conflict
    // DnatShadows is about a packet that Portolan takes from another program. It is delivered to Portolan's container,
    // or may be, if the order of two chains decides.
    const wanted =
      kind === 'DnatShadows'
        ? certainty === 'certain'
          ? ['works']
          : ['works', 'may fail']
        : certainty === 'certain'
          ? ['fails']
          : ['fails', 'may fail']
    expect([tell(conflict), JSON.stringify(witness), wanted.join(' or ')]).toEqual([
      tell(conflict),
      JSON.stringify(witness),
      expect.stringContaining(fate(conflict)),
    ])
    for (const text of [message, remedy.text]) {
      expect(text).toMatch(/^\S.*[.]$/)
      expect(text).not.toMatch(/undefined|null|\[object| {2}/)
    }
    expect(trace).not.toEqual([])
  }
}
