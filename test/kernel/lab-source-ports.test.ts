import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { createMachine, type Machine } from '../lab/machine.ts'
import { freshSourcePort } from '../lab/source-ports.ts'
import { until } from '../lab/until.ts'

describeOnKernel('the source port of a probe', 'nftables', () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await createMachine('alone')
    await machine.listen({ protocol: 'tcp', port: 80 })
  })

  afterAll(() => machine[Symbol.asyncDispose]())

  test('is below those that the kernel gives to programs, however many probes came before', async () => {
    const range = await machine.sysctl('net.ipv4.ip_local_port_range')
    const first = Number(range.split(/\s+/)[0])
    const drawn = Array.from({ length: 40_000 }, freshSourcePort)
    expect(Math.max(...drawn)).toBeLessThan(first)
    expect(Math.min(...drawn)).toBeGreaterThan(1024)
    // None comes again soon.
    expect(new Set(drawn.slice(0, 12_000)).size).toBe(12_000)
  })

  test.each(['tcp', 'udp'] as const)(
    'that a program holds is an error, and no packet that was dropped, %s',
    async (protocol) => {
      const sourcePort = freshSourcePort()
      const kind = protocol === 'tcp' ? 'SOCK_STREAM' : 'SOCK_DGRAM'
      const program = `
import signal, socket
held = socket.socket(socket.AF_INET, socket.${kind})
held.bind(('', ${sourcePort}))
print('holds', flush=True)
signal.pause()`
      const holding = machine.start(['/usr/bin/python3', '-c', program])
      try {
        await until('the port to be held', () => holding.printed() === 'holds\n', { beside: holding })
        const probe = { protocol, destination: '127.0.0.1', port: 80, sourcePort }
        await expect(machine.probe(probe)).rejects.toThrow(`source port ${sourcePort}`)
      } finally {
        holding.kill('SIGKILL')
        await holding.outcome
      }
    },
  )
})
