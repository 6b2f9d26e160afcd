import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Running } from '../../lab/run.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pilotOf, shop } from '../lifecycle/pilot.ts'
import { flushUnder } from '../live/flush-under.ts'
import { inShopAgain } from '../live/in-live-host.ts'
import { echoPort, openConnections, startEcho } from '../status/held-connections.ts'
import { scrape, scrapeUntil } from './scrape.ts'

const metricsAddress = '127.0.0.1:9469'
const compose = shop(['8080:80', `9000:${echoPort}`])
const listeningLine = `portolan: metrics are at http://${metricsAddress}/metrics\n`

/** Starts `portolan watch --metrics` on the host. */
const watch = (lab: Lab, words: readonly string[]): Running => {
  const running = lab.host.start([...lab.command, ...words, '--metrics', metricsAddress], {
    timeoutMs: 300_000,
  })
  // Ends the watch when a test fails.
  lab.use({ [Symbol.asyncDispose]: async () => running.kill('SIGKILL') })
  return running
}

const dropping = `table inet bad {
  chain forward { type filter hook forward priority 0; tcp dport 80 drop; }
}
`

/** `portolan watch --metrics`. */
export const metricsOfWatch = (open: OpenLab, backend: Backend): void => {
  test('follow connections, drift, repairs, conflicts and leases of the project', async () => {
    const lab = await open()
    await lab.write('compose.yaml', compose)
    await lab.write('bad.nft', dropping)
    await lab.host.setSysctl('net.netfilter.nf_conntrack_acct', 1)
    const running = watch(lab, pilotOf(lab, backend).argv('watch', '/run/lab/compose.yaml'))
    const until = (what: string, isIt: Parameters<typeof scrapeUntil>[3]) =>
      scrapeUntil(lab, metricsAddress, what, isIt, running)

    const first = await until(
      'a search for conflicts',
      (now) => (now.value('portolan_conflict_searches_total') ?? 0) > 0,
    )
    expect(first.value('portolan_watch_info', { project: 'shop', backend })).toBe(1)
    expect(first.value('portolan_leases_used', { network: 'web', family: 'ip', pool: 'classic' })).toBe(2)
    expect(first.value('portolan_leases_free', { network: 'web', family: 'ip' })).toBe(65_536 - 3 - 2)
    expect(first.value('portolan_pool_subnets_used', { pool: 'classic' })).toBe(1)
    expect(first.value('portolan_conflicts')).toBeNull()
    expect(first.value('portolan_last_check_timestamp_seconds')).toBeGreaterThan(1_700_000_000)
    const ofPort = {
      port: '9000',
      family: 'ip',
      address: '0.0.0.0',
      protocol: 'tcp',
      service: 'nginx',
      backend,
    }
    expect(first.value('portolan_mapping_connections_total', ofPort)).toBe(0)

    const container = await attach(lab, await pilotOf(lab, backend).plan(compose), 'nginx', { hairpin: true })
    lab.use(await startEcho(container))
    const held = lab.use(await openConnections(lab.client, addresses.ip.host, 9000, 3))
    const flowing = await until(
      'open connections',
      (now) => now.value('portolan_mapping_open_connections', ofPort) === 3,
    )
    expect(flowing.value('portolan_mapping_connections_total', ofPort)).toBe(3)
    // A handshake of three packets, 100 bytes in each direction, and their acknowledgements.
    expect(flowing.value('portolan_mapping_packets_total', ofPort)).toBeGreaterThanOrEqual(15)
    expect(flowing.value('portolan_mapping_bytes_total', ofPort)).toBeGreaterThanOrEqual(3 * (200 + 5 * 40))
    expect(flowing.value('portolan_mapping_connections_total', { ...ofPort, port: '8080' })).toBe(0)
    await held.close()
    const sent = flowing.value('portolan_mapping_packets_total', ofPort) ?? 0
    const ended = await until(
      'their end',
      (now) =>
        now.value('portolan_mapping_open_connections', ofPort) === 0 &&
        (now.value('portolan_mapping_packets_total', ofPort) ?? 0) > sent,
    )
    expect(ended.value('portolan_mapping_connections_total', ofPort)).toBe(3)
    await lab.host.mustRun(['conntrack', '-D', '-p', 'tcp', '--orig-port-dst', '9000'])

    const before = ended.value('portolan_repairs_total', { result: 'success' }) ?? 0
    await flushUnder(running, lab, backend)
    const repaired = await until(
      'the repair',
      // A flush in several steps may be repaired in steps. A repair is counted before its event.
      (now) =>
        (now.value('portolan_repairs_total', { result: 'success' }) ?? 0) > before &&
        (now.value('portolan_drifts_total', { outcome: 'repaired' }) ?? 0) > before &&
        now.value('portolan_drift_changes') === 0,
    )
    expect(repaired.value('portolan_repairs_total', { result: 'failure' })).toBe(0)
    // New rules and deleted connection tracking entries do not lower the counters.
    expect(repaired.value('portolan_mapping_connections_total', ofPort)).toBe(3)
    expect(repaired.value('portolan_mapping_packets_total', ofPort)).toBeGreaterThan(sent)

    await lab.host.mustRun(['nft', '-f', '/run/lab/bad.nft'])
    await until(
      'the conflict',
      (now) => (now.value('portolan_conflicts', { kind: 'ForwardDropped', severity: 'error' }) ?? 0) > 0,
    )
    await lab.host.mustRun(['nft', 'delete', 'table', 'inet', 'bad'])
    await until('that it is gone', (now) => now.value('portolan_conflicts') === null)

    // Counters continue after the files are read again. The series of a removed mapping disappear.
    await lab.write('compose.yaml', `${shop([`9000:${echoPort}`])}  third:\n    networks: [web]\n`)
    running.kill('SIGHUP')
    const reread = await until(
      'the new lease',
      (now) => now.value('portolan_leases_used', { network: 'web', family: 'ip' }) === 3,
    )
    expect(reread.value('portolan_leases_free', { network: 'web', family: 'ip' })).toBe(65_536 - 3 - 3)
    expect(reread.value('portolan_mapping_connections_total', ofPort)).toBe(3)
    expect(reread.value('portolan_mapping_connections_total', { port: '8080' })).toBeNull()

    running.kill('SIGTERM')
    expect(await running.outcome).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /^portolan: metrics are at \S+\n\S+T\S+Z portolan: the files were read again\n$/,
      ),
    })
    expect(await scrape(lab, metricsAddress)).toBeNull()
  })
}

/** Tests that do not depend on the backend. */
export const metricsInAny = (open: OpenLab, backend: Backend): void => {
  test('follow the ports of a live project as they come and go', async () => {
    const lab = await open()
    const publish = (port: number): string =>
      `await host.ensureNetwork('web', { pool: 'classic' })
      await leased('web', 'web-1')
      report(null)
      await host.publish({ hostPort: ${port}, to: { endpoint: 'web-1', port: 80 } })`
    await inShopAgain(lab, backend, publish(8080))
    const running = watch(lab, ['watch', '-p', 'shop', '--backend', backend, '--state', '/run/lab/live'])
    const ofPort = (port: number) => ({
      project: 'shop',
      port: String(port),
      network: 'web',
      service: 'web-1',
    })
    await scrapeUntil(
      lab,
      metricsAddress,
      'the port',
      (now) => now.value('portolan_mapping_connections_total', ofPort(8080)) === 0,
    )
    await inShopAgain(
      lab,
      backend,
      `${publish(8081)}\n await host.unpublish({ hostPort: 8080 }); await leased('web', 'web-2')`,
    )
    const later = await scrapeUntil(
      lab,
      metricsAddress,
      'the other port',
      (now) =>
        now.value('portolan_mapping_connections_total', ofPort(8081)) === 0 &&
        now.value('portolan_mapping_connections_total', ofPort(8080)) === null,
    )
    expect(later.value('portolan_leases_used', { network: 'web' })).toBe(2)
    running.kill('SIGTERM')
    expect(await running.outcome).toMatchObject({ exitCode: 0, stderr: listeningLine })
  })

  test('make watch fail before any change where their address cannot be served', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const before = await lab.host.mustRun(['nft', 'list', 'ruleset'])
    const otherListener = lab.host.start([
      process.execPath,
      '--eval',
      `require('node:net').createServer().listen(9469, '127.0.0.1', () => require('node:fs').writeFileSync('/run/lab/listens', ''))`,
    ])
    await until(
      'what listens',
      async () => (await lab.host.run(['test', '-e', '/run/lab/listens'])).exitCode === 0,
      { beside: otherListener },
    )
    for (const [address, why] of [
      [metricsAddress, 'another program listens there'],
      ['198.51.100.77:9469', 'this host does not have that address'],
      ['localhost:9469', 'A name is not looked up'],
      ['127.0.0.1:0', 'expected a port from 1 to 65535'],
    ] as const)
      expect(await pilot.run('watch', compose, '--metrics', address)).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringContaining(why),
      })
    expect(await pilot.run('watch', compose, '--once', '--metrics', '127.0.0.1:9470')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('give one of the two'),
    })
    otherListener.kill('SIGKILL')
    await otherListener.outcome
    expect(await lab.host.mustRun(['nft', 'list', 'ruleset'])).toBe(before)
    expect(await lab.host.run(['ls', '/run/lab/state'])).toMatchObject({ exitCode: 2 })
  })
}
