import { afterAll, afterEach } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import type { Lab, LabOptions } from '../../lab/lab.ts'
import { labPool } from '../../lab/lab-pool.ts'

/** Opens a lab that ends with the test. */
export type OpenLab = (options?: LabOptions) => Promise<Lab>

/** A suite whose every test has a host with nothing on it. */
export const describeLifecycle = (
  title: string,
  backend: Backend,
  body: (open: OpenLab, backend: Backend) => void,
): void => {
  describeOnKernel(`${title}, ${backend}`, backend, () => {
    const opened: Lab[] = []
    const labs = labPool({ tablesStay: backend === 'iptables-legacy' })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
    })
    afterAll(() => labs[Symbol.asyncDispose]())
    body(async (options) => {
      const lab = await labs.open(options)
      opened.push(lab)
      return lab
    }, backend)
  })
}
