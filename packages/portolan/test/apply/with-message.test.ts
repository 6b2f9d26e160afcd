import { describe, expect, test } from '@jest/globals'
import { ApplyError, InspectError, PermissionError, StaleStateError } from '@portolan/netfilter'
import { withApplied } from '../../src/apply/with-message.ts'

const told = { command: 'nft', exitCode: 1, stderr: 'no' }

describe('an error in the middle of an apply', () => {
  test('says what had been done before, and stays of its class', () => {
    for (const error of [new StaleStateError('Moved.'), new PermissionError('No.', 'CAP_NET_ADMIN')]) {
      const shown = withApplied(error, ['Create the bridge br0.'])
      expect(shown).toBeInstanceOf(error.constructor)
      expect(shown).toMatchObject({ code: error.code, cause: error })
      expect(String(shown)).toContain('1 change before it is in force')
      expect(String(shown)).toContain('Create the bridge br0.')
    }
    expect(withApplied(new PermissionError('No.', 'CAP_NET_ADMIN'), ['One.'])).toMatchObject({
      needs: 'CAP_NET_ADMIN',
    })
    expect(withApplied(new InspectError('No.', told), ['One.', 'Two.'])).toMatchObject({ code: 'INSPECT' })
  })

  test('that is none of ours becomes an ApplyError with what was applied', () => {
    expect(withApplied(new TypeError('odd'), ['One.', 'Two.'])).toMatchObject({
      code: 'APPLY',
      applied: ['One.', 'Two.'],
    })
  })

  test('is left as it is when nothing was done, but an ApplyError says so', () => {
    const error = new StaleStateError('Moved.')
    expect(withApplied(error, [])).toBe(error)
    const refused = new ApplyError('Refused.', { applied: [], stderr: 'EINVAL', offending: 'line' })
    expect(withApplied(refused, [])).toMatchObject({ message: 'Refused. Nothing was changed.' })
    expect(withApplied(refused, ['One.'])).toMatchObject({ applied: ['One.'], offending: 'line' })
  })

  test('does not say that nothing was changed where the change itself may be in force', () => {
    const killed = new ApplyError('Killed.', { applied: [], stderr: '', certain: false })
    expect(withApplied(killed, [])).toMatchObject({ message: 'Killed.', certain: false })
    expect(withApplied(killed, ['One.'])).toMatchObject({
      message: expect.stringMatching(/^Killed\. 1 change before it is in force/),
      certain: false,
    })
  })
})
