import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { createMachine, type Machine } from '../lab/machine.ts'

const program = fileURLToPath(new URL('../lab/ask-netlink.mjs', import.meta.url))
const trace = '/run/trace'

describeOnKernel('a kernel without memory for a request over netlink (ENOBUFS)', 'nftables', () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine('starved', 'mount -t tmpfs tmpfs /run')
  })
  afterAll(() => machine[Symbol.asyncDispose]())

  /** @param which - the calls that fail, as strace counts them */
  const ask = (which = ''): Promise<string> =>
    machine.mustRun(
      [
        ...['strace', '-f', '-qq', '-o', trace, '-e', 'trace=sendmsg,write'],
        ...['-e', `inject=sendmsg:error=ENOBUFS${which}`, process.execPath, program],
      ],
      { environment: { NODE_OPTIONS: '' } },
    )

  test('a request is sent once there is memory', async () => {
    expect(await ask(':when=1..20')).toBe('answered: true\nanswered: true\n')
  })

  test('a request that finds no memory for long fails with the reason, and is not sent later', async () => {
    const reason = expect.stringMatching(/^NETLINK: .*has no memory for the request \(ENOBUFS\)/)
    const lines = (await ask()).trim().split('\n')
    expect(lines).toEqual([reason, reason])
    const calls = (await machine.mustRun(['cat', trace])).split('\n')
    const said = calls.findLastIndex((line) => line.includes('write(1,') && line.includes('NETLINK'))
    expect(said).toBeGreaterThan(0)
    expect(calls.slice(said).filter((line) => line.includes('sendmsg('))).toEqual([])
  })
})
