import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { keepFlows } from '../../lab/lasting-flows.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { inHost, inKeptProcess } from './in-host.ts'
import { pilotOf, shop } from './pilot.ts'

const flush: Readonly<Record<Backend, string>> = {
  nftables: "run('nft', 'flush', 'ruleset')",
  'iptables-nft': "run('nft', 'flush', 'ruleset')",
  'iptables-legacy':
    "for (const table of ['nat', 'mangle', 'filter']) { run('iptables-legacy', '-t', table, '-F'); run('iptables-legacy', '-t', table, '-X') }",
}

/** Several processes hold one host open, while other programs change it. */
export const liveHost = (open: OpenLab, backend: Backend): void => {
  const applied = async (): Promise<Lab> => {
    const lab = await open()
    await pilotOf(lab, backend).apply(shop([]))
    return lab
  }

  test('a port that one live host publishes is withdrawn by another, and published again', async () => {
    const lab = await applied()
    const seen = await inHost(
      lab,
      backend,
      `const one = await open(), two = await open()
       await one.publish({ hostPort: 9090, to })
       await two.unpublish({ hostPort: 9090 })
       const closed = await inForce(9090)
       await one.publish({ hostPort: 9090, to })
       const again = await inForce(9090)
       await two.unpublish({ hostPort: 9090 })
       await one.publish({ hostPort: 9090, to: { ...to, port: 81 } })
       report([closed, again, await inForce(9090)])
       await one.close(); await two.close()`,
    )
    expect(seen).toEqual([[], [9090], [9090]])
  })

  test('after a foreign flush, publish restores the published ports, and not a withdrawn one', async () => {
    const lab = await applied()
    const seen = await inKeptProcess(
      lab,
      backend,
      `const host = await open()
       for (const hostPort of [9001, 9002, 9003]) await host.publish({ hostPort, to })
       await host.unpublish({ hostPort: 9002 })
       ${flush[backend]}
       await host.publish({ hostPort: 9003, to })
       report(await inForce(9001, 9002, 9003))
       await host.close()`,
    )
    expect(seen).toEqual([9001, 9003])
  })

  test('flows of a port survive unpublish and the same publish, and are gone after unpublish and settled', async () => {
    const lab = await applied()
    const plan = await pilotOf(lab, backend).plan(shop([]))
    await attach(lab, plan, 'nginx')
    await keepFlows(lab.host)
    const ip = plan.addresses.find(({ service, address }) => service === 'nginx' && !address.includes(':'))
    const port = "{ hostPort: 9001, protocol: 'udp' }"
    const publish = `host.publish({ ...${port}, to: { address: '${ip?.address}', port: 80 } })`
    await inKeptProcess(
      lab,
      backend,
      `const host = await open(); await ${publish}; await host.close(); report(null)`,
    )
    const probe = { destination: addresses.ip.host, port: 9001, sourcePort: 12_300, timeoutMs: 3000 }
    expect(await lab.client.reach({ protocol: 'udp', ...probe })).toMatchObject({ delivered: true })
    const seen = await inKeptProcess(
      lab,
      backend,
      `const entry = () => /dport=9001 .* id=([0-9]+)/.exec(run('sh', '-c', 'conntrack -L -o id -p udp 2>/dev/null'))?.[1] ?? null
       const before = entry()
       const host = await open()
       await host.unpublish(${port})
       await ${publish}
       await host.settled()
       const kept = entry()
       await host.unpublish(${port})
       await host.settled()
       report([typeof before, kept === before, entry()])
       await host.close()`,
    )
    expect(seen).toEqual(['string', true, null])
  })

  test('a port that a process of the host listens on is refused, unless force is set', async () => {
    const lab = await applied()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const seen = await inKeptProcess(
      lab,
      backend,
      `const host = await open()
       const refused = await attempt(host.publish({ hostPort: 8080, to }))
       const before = await inForce(8080)
       report([refused, before, await attempt(host.publish({ hostPort: 8080, to, force: true })), await inForce(8080)])
       await host.close()`,
    )
    expect(seen).toEqual(['HOST_PORT_TAKEN', [], 'done', [8080]])
  })

  test('a target that cannot be a container, a foreign host address and a malformed request are invalid requests', async () => {
    const lab = await applied()
    const seen = await inKeptProcess(
      lab,
      backend,
      `const host = await open()
       const asked = [
         { hostPort: 1, to: { ...to, address: '172.17.42.1' } },
         { hostPort: 1, to: { ...to, address: '172.17.0.0' } },
         { hostPort: 1, to: { ...to, address: '172.17.255.255' } },
         { hostPort: 1, to: { ...to, address: '8.8.8.8' } },
         { hostPort: 1, hostAddress: '203.0.113.99', to },
         { hostPort: 1 }, undefined, { hostPort: '1', to }, { hostPort: 1, to: { address: 5, port: 80 } },
       ]
       const codes = []
       for (const request of asked) codes.push(await attempt(host.publish(request)))
       codes.push(await attempt(host.publish({ hostPort: 1, hostAddress: '127.0.0.9', to })))
       report(codes)
       await host.close()`,
    )
    expect(seen).toEqual([...new Array(9).fill('INVALID_REQUEST'), 'done'])
  })

  test('a Runner of another network namespace is refused, and a wrapped Runner of this one works', async () => {
    const lab = await applied()
    const seen = await inHost(
      lab,
      backend,
      `import { createRunner } from '@portolan/host'
       const runner = { run: (program, args, options) => createRunner().run('unshare', ['-n', program, ...args], options) }
       const elsewhere = await attempt(open({ runner }).then((host) => host.publish({ hostPort: 9001, to })))
       const wrapper = { run: (...words) => createRunner().run(...words) }
       const beside = await attempt(open({ runner: wrapper }).then(async (host) => {
         await host.publish({ hostPort: 9002, to })
         await host.close()
       }))
       report([elsewhere, beside, await inForce(9001, 9002)])`,
    )
    expect(seen).toEqual(['RUNNER_ELSEWHERE', 'done', [9002]])
  })
}
