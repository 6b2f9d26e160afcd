import { expect } from '@jest/globals'
import { type Seen, tell } from './look.ts'

/** Every witness fares as its conflict says, and every conflict has sentences for people. */
export const expectTrue = ({ conflicts, fate }: Seen): void => {
  for (const conflict of conflicts) {
    const { kind, certainty, message, remedy, trace, witness } = conflict
    // What we take from another works for us: that is what is wrong with it.
    const wanted =
      kind === 'DnatShadows' ? ['works'] : certainty === 'certain' ? ['fails'] : ['fails', 'may fail']
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
