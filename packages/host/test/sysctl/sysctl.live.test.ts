import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const use = (expression: string): string => `
  import { isSysctlWritable, readSysctl, writeSysctl } from '@portolan/host'
  const refusal = (work) => { try { return work() } catch ({ name, message }) { return { name, message } } }
  report(${expression})`

describeLive('sysctls', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
    host.sh('ip link add eth0.100 type veth peer name other')
  })
  afterAll(() => host.remove())

  test('a value is read, written, and read again', async () => {
    const values = await host.node(
      use(
        `[readSysctl('net.ipv4.ip_forward'), writeSysctl('net.ipv4.ip_forward', '1') ?? null, readSysctl('net.ipv4.ip_forward')]`,
      ),
    )
    expect(values).toEqual([expect.stringMatching(/^[01]$/), null, '1'])
  })

  test('an interface with a dot in its name is written with a slash', async () => {
    await host.node(use(`writeSysctl('net.ipv4.conf.eth0/100.route_localnet', '1')`))
    expect(host.sh('cat /proc/sys/net/ipv4/conf/eth0.100/route_localnet')).toBe('1\n')
  })

  test('one this kernel does not have reads as null and refuses to be written', async () => {
    expect(
      await host.node(
        use(
          `[readSysctl('net.ipv4.nowhere'), isSysctlWritable('net.ipv4.nowhere'), refusal(() => writeSysctl('net.ipv4.nowhere', '1'))]`,
        ),
      ),
    ).toEqual([null, false, expect.objectContaining({ name: 'ApplyError' })])
  })

  test('a name cannot lead out of /proc/sys', async () => {
    expect(await host.node(use(`refusal(() => readSysctl('//.//.//.etc.passwd'))`))).toMatchObject({
      name: 'InvalidRequestError',
    })
  })

  test('an ordinary user can read and not write, and is told what it needs', async () => {
    const seen = await host.node(
      use(
        `[readSysctl('net.ipv4.ip_forward'), isSysctlWritable('net.ipv4.ip_forward'), refusal(() => writeSysctl('net.ipv4.ip_forward', '0'))]`,
      ),
      'ordinary user',
    )
    expect(seen).toEqual(['1', false, expect.objectContaining({ name: 'PermissionError' })])
  })

  test('a read-only /proc/sys is known even to root', async () => {
    const code = use(
      `[isSysctlWritable('net.ipv4.ip_forward'), refusal(() => writeSysctl('net.ipv4.ip_forward', '0'))]`,
    )
    const seen = await host.node(code, 'readonly')
    expect(seen).toEqual([
      false,
      expect.objectContaining({ name: 'PermissionError', message: expect.stringContaining('read-only') }),
    ])
  })

  test('a value the kernel refuses is an error that says so, and what to do', async () => {
    expect(await host.node(use(`refusal(() => writeSysctl('net.ipv4.ip_forward', 'maybe'))`))).toMatchObject({
      name: 'ApplyError',
      message:
        'Could not set net.ipv4.ip_forward to maybe: the kernel does not take this value (EINVAL). Give a value that the documentation of the sysctl names.',
    })
  })
})
