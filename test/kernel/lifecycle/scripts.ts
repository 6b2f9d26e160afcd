import { expect, test } from '@jest/globals'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { mustSucceed, pilotOf, shop } from './pilot.ts'
import { loaders } from './script-loaders.ts'

const flushRules = async (lab: Lab, backend: Backend): Promise<void> => {
  if (backend !== 'iptables-legacy') {
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    return
  }
  for (const program of ['iptables-legacy', 'ip6tables-legacy']) {
    for (const table of ['nat', 'mangle', 'filter']) {
      await lab.host.mustRun([program, '-t', table, '-F'])
      await lab.host.mustRun([program, '-t', table, '-X'])
    }
  }
}

type Row = readonly [flow: string, delivered: boolean]

const notDelivered = 'neighbour to container'

const observeFlows = async (
  lab: Lab,
  nginx: { address: string | null; address6: string | null },
): Promise<readonly Row[]> => {
  const [worker, self] = [lab.containers.get('worker'), lab.containers.get('nginx')]
  const asked = (['ip', 'ip6'] as const).flatMap((family) => {
    const container = (family === 'ip' ? nginx.address : nginx.address6) ?? ''
    const at = addresses[family]
    return [
      [`${family} client to host`, lab.client, at.host, 8080],
      [`${family} host to host`, lab.host, at.host, 8080],
      [`${family} sibling to host`, worker, at.host, 8080],
      [`${family} hairpin`, self, at.host, 8080],
      [`${family} ${notDelivered}`, lab.neighbour, container, 80],
      [`${family} container to outside`, self, at.outside, 7000],
    ] as const
  })
  return Promise.all(
    [...asked, ['ip host to loopback', lab.host, addresses.ip.loopback, 8080] as const].map(
      async ([flow, machine, destination, port]): Promise<Row> => {
        // The first packet may wait a second for ARP, so delivered flows get a long timeout. A dropped flow costs the
        // whole timeout, so it gets a short one.
        const timeoutMs = flow.endsWith(notDelivered) ? 500 : 4000
        const outcome = await machine?.probe({ protocol: 'tcp', destination, port, timeoutMs })
        return [flow, outcome?.delivered === true]
      },
    ),
  )
}

/** A host after apply, and the flows that pass there. */
const applyShop = async (open: OpenLab, backend: Backend) => {
  const lab = await open()
  await lab.outside.listen({ protocol: 'tcp', port: 7000 })
  const pilot = pilotOf(lab, backend)
  const plan = await pilot.applied(shop())
  const nginx = await attach(lab, plan, 'nginx', { hairpin: true })
  await attach(lab, plan, 'worker', { hairpin: true })
  const wanted = await observeFlows(lab, nginx)
  return { lab, pilot, nginx, wanted }
}

/** A printed script does the work of apply: on a host with the bridges it makes the contract hold. */
export const scripts = (open: OpenLab, backend: Backend): void => {
  test.each(Object.entries(loaders[backend]))(
    'the %s script alone does what apply did',
    async (format, commands) => {
      const { lab, pilot, nginx, wanted } = await applyShop(open, backend)
      // The contract's suite tests the whole contract. Here a script must only do what apply did.
      expect(wanted.filter(([flow, works]) => works === flow.endsWith(notDelivered))).toEqual([])

      const { stdout } = mustSucceed('script', await pilot.run('script', shop(), '--format', format))
      await flushRules(lab, backend)
      const without = await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port: 8080 })
      expect(without.delivered).toBe(false)
      for (const command of commands) await lab.host.mustRun(command, { input: stdout })
      expect(await observeFlows(lab, nginx)).toEqual(wanted)
      expect((await pilot.plan(shop())).changes).toEqual([])
    },
  )

  test.each(Object.entries(loaders[backend]))(
    'the %s script loaded twice does what apply did, and the next apply removes at most doubled jumps',
    async (format, commands) => {
      const { lab, pilot, nginx, wanted } = await applyShop(open, backend)

      const { stdout } = mustSucceed('script', await pilot.run('script', shop(), '--format', format))
      await flushRules(lab, backend)
      for (let times = 0; times < 2; times += 1)
        for (const command of commands) await lab.host.mustRun(command, { input: stdout })
      expect(await observeFlows(lab, nginx)).toEqual(wanted)

      const changes = (await pilot.plan(shop())).changes as readonly DoubledJump[]
      const doubled = format === 'iptables-restore'
      expect(changes.length > 0).toBe(doubled)
      expect(changes.filter(({ action, before }) => action !== 'remove' || !isJump(before))).toEqual([])
      await pilot.apply(shop())
      expect((await pilot.plan(shop())).changes).toEqual([])
      expect(await observeFlows(lab, nginx)).toEqual(wanted)
    },
  )
}

/** A change of the plan, with the text of a rule that it removes. */
type DoubledJump = PlanJson['changes'][number] & { readonly before?: string | null }

/** Matches a jump from a built-in chain into a chain of Portolan's. */
const isJump = (text: string | null | undefined): boolean => /^-A [A-Z]+ .*-j PORTOLAN-/.test(text ?? '')
