import { afterEach } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import { type Lab, type LabOptions, openLab } from '../../lab/lab.ts'

/** Opens a lab that ends with the test. */
export type OpenLab = (options?: LabOptions) => Promise<Lab>

/** A suite whose every test has a fresh host. */
export const describeLifecycle = (
  title: string,
  backend: Backend,
  body: (open: OpenLab, backend: Backend) => void,
): void => {
  describeOnKernel(`${title}, ${backend}`, backend, () => {
    const opened: Lab[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
    })
    body(async (options) => {
      const lab = await openLab(options)
      opened.push(lab)
      return lab
    }, backend)
  })
}
