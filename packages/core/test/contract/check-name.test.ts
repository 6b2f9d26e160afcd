import { describe, expect, test } from '@jest/globals'
import { interfaceNameFault, isInterfaceName } from '../../src/contract/check-name.ts'

describe('a name of an interface', () => {
  test.each(['eth0', 'eth0.100', 'all.100', '0123456789abcde', 'wg-home', 'é'])('may be %s', (name) => {
    expect(interfaceNameFault(name)).toBeNull()
    expect(isInterfaceName(name)).toBe(true)
  })

  test.each([
    ['all', 'the kernel keeps this name for the settings of all interfaces (net.ipv4.conf.all)'],
    ['default', 'the settings of interfaces that come later (net.ipv4.conf.default)'],
    ['', 'expected a name of 1 to 15 bytes'],
    ['.', 'expected a name of 1 to 15 bytes'],
    ['..', 'expected a name of 1 to 15 bytes'],
    ['a/b', 'without spaces, "/", ":" and "%"'],
    ['a:b', 'without spaces, "/", ":" and "%"'],
    ['br%d', 'without spaces, "/", ":" and "%"'],
    ['a b', 'without spaces'],
    ['0123456789abcdef', 'expected a name of 1 to 15 bytes'],
    ['éééééééé', 'expected a name of 1 to 15 bytes'],
    ['à', 'the kernel takes a byte of one of its letters (A0) for a space'],
  ])('cannot be %j, and the reason is told', (name, reason) => {
    expect(interfaceNameFault(name)).toContain(reason)
    expect(isInterfaceName(name)).toBe(false)
  })
})
