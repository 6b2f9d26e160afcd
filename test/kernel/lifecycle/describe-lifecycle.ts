import { afterEach } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import type { Lab, LabOptions } from '../../lab/lab.ts'
import { workerLabs } from '../../lab/worker-labs.ts'

/** Opens a lab that is closed at the end of the test. */
export type OpenLab = (options?: LabOptions) => Promise<Lab>

/** A suite at the top of a file. Each of its tests gets an empty host. */
export const describeLifecycle = (
  title: string,
  backend: Backend,
  body: (open: OpenLab, backend: Backend) => void,
): void => {
  const labs = workerLabs({ tablesStay: backend === 'iptables-legacy' })
  describeOnKernel(`${title}, ${backend}`, backend, () => {
    const opened: Lab[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
    })
    body(async (options) => {
      const lab = await labs.open(options)
      opened.push(lab)
      return lab
    }, backend)
  })
}
