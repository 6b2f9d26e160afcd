import { type Lab, type LabOptions, labOn } from './lab.ts'
import { type FirstState, readFirstState, restore } from './restore.ts'
import { openSite, type Site } from './site.ts'

/** Labs for the tests of one file: the machines of one that is closed are used again, where they are as they were. */
export interface LabPool extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  open(options?: LabOptions): Promise<Lab>
}

export interface LabPoolOptions {
  /**
   * A host on which a legacy table is registered, as the kernel keeps them to the end of a namespace, empty, counts as it
   * was before.
   */
  readonly tablesStay?: boolean
}

interface Standing {
  readonly site: Site
  readonly first: FirstState
}

const openStanding = async (tablesStay: boolean): Promise<Standing> => {
  const site = await openSite()
  try {
    return { site, first: await readFirstState(site, tablesStay) }
  } catch (error) {
    await site[Symbol.asyncDispose]()
    throw error
  }
}

/** Machines take little time to make; the command on the host is slow until it has run for a while. */
export const labPool = ({ tablesStay = false }: LabPoolOptions = {}): LabPool => {
  const idle: Standing[] = []
  let isClosed = false
  const giveBack = async (standing: Standing): Promise<void> => {
    const isSame = await restore(standing.site, standing.first).catch(() => false)
    if (isSame && !isClosed) idle.push(standing)
    else await standing.site[Symbol.asyncDispose]()
  }
  return {
    async open(options = {}) {
      const standing = idle.pop() ?? (await openStanding(tablesStay))
      return labOn(standing.site, options, () => giveBack(standing))
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await Promise.all(idle.splice(0).map(({ site }) => site[Symbol.asyncDispose]()))
    },
  }
}
