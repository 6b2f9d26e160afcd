import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { interfaceNameFault } from '@portolan/core/planning'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

describeLive('a name of an interface', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  /** Makes a bridge with the name. `ip` passes each of the names below to the kernel. */
  const add = (name: string): string => host.sh(`ip link add name "${name}" type bridge 2>&1 || true`)

  // à is C3 A0 in UTF-8, Ġ is C4 A0, and a space that does not break is C2 A0.
  test.each(['all', 'default', '.', '..', 'a:b', 'a%', 'a%d%d', 'à', 'aĠ', 'a\u00a0b'])(
    'is refused here and by the kernel: %j',
    (name) => {
      expect(interfaceNameFault(name)).not.toBeNull()
      expect(add(name)).toContain('RTNETLINK answers: Invalid argument')
    },
  )

  test.each([
    'all.100',
    'all0',
    'defaults',
    'eth0.100',
    '0123456789abcde',
    'á',
    '-x',
    'x+',
    "it's",
    '日本語',
  ])('is accepted here and by the kernel: %j', (name) => {
    expect(interfaceNameFault(name)).toBeNull()
    add(name)
    expect(host.sh('ls /sys/class/net').split('\n')).toContain(name)
  })

  test('is not what the kernel makes of a sign for a number', () => {
    expect(interfaceNameFault('br%d')).not.toBeNull()
    add('br%d')
    expect(host.sh('ls /sys/class/net').split('\n')).toContain('br0')
  })
})
