import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import { type Lab, openLab } from '../../lab/lab.ts'
import { type ProbedFlow, probeAll } from './ask.ts'
import { describeFailure } from './judge.ts'
import { networkRows } from './rows-networks.ts'
import { openingRows } from './rows-openings.ts'
import { publishedRows } from './rows-published.ts'
import { compose } from './scenario.ts'
import { attachPorts, openServices, startContainers } from './set-up.ts'
import { specialCases } from './special-cases.ts'

/** The set-up runs the command three times and starts 21 containers. On a busy machine that takes minutes. */
const setUpMs = 600_000

const rows = [...publishedRows, ...networkRows, ...openingRows]

const applyAndStart = async (lab: Lab, backend: Backend): Promise<void> => {
  const file = await lab.write('compose.yaml', compose)
  const common = ['-f', file, '--backend', backend, '--state', '/run/lab/state']
  for (const args of [
    ['apply', '--yes', ...common],
    // The containers start now, without hairpin mode or isolation. The second apply corrects their ports.
    null,
    ['apply', '--yes', ...common],
    ['plan', ...common],
  ]) {
    if (args === null) {
      await startContainers(lab)
      await attachPorts(lab, backend)
      continue
    }
    const { exitCode, stdout, stderr } = await lab.portolan(args)
    if (exitCode !== 0)
      throw new Error(`portolan ${args.join(' ')} exited ${exitCode}:\n${stderr}\n${stdout}`)
  }
  await openServices(lab)
}

/** Tests the whole contract of one backend with real packets. */
export const describeContract = (backend: Backend, prepare = applyAndStart): void => {
  describeOnKernel(`the reachability contract, ${backend}`, backend, () => {
    describe.each([0, 1] as const)('bridge-nf-call-iptables %i', (bridgeNf) => {
      let lab: Lab
      let probedFlows: readonly ProbedFlow[] = []

      beforeAll(async () => {
        lab = await openLab({ bridgeNf })
        // Bridges begin with the strict reverse path filter. It drops the answers that a container on two networks
        // sends over the other network.
        await lab.host.setSysctl('net.ipv4.conf.default.rp_filter', 1)
        await prepare(lab, backend)
        probedFlows = await probeAll(lab, rows)
      }, setUpMs)
      afterAll(() => lab?.[Symbol.asyncDispose]())

      test.each(rows.map((row) => [row.title, row] as const))('%s', (_title, row) => {
        const flowsOfRow = probedFlows.filter((flow) => flow.row === row)
        expect(flowsOfRow).toHaveLength(row.families.length * row.protocols.length)
        expect(flowsOfRow.map(describeFailure).filter((text) => text !== null)).toEqual([])
      })

      specialCases(() => lab)
    })
  })
}
