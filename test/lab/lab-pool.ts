import { type Lab, type LabOptions, labOn } from './lab.ts'
import { remember, restore } from './restore.ts'
import { openSite, type Site } from './site.ts'

/**
 * Labs for one test after the other: the machines of one that is closed are used again, where they are as they were. A test
 * that changes sysctls or links of a machine beside the host, or tc or xfrm of the host, opens a lab of its own: nothing
 * compares these.
 */
export interface Labs {
  open(options?: LabOptions): Promise<Lab>
}

export interface LabPool extends Labs, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
}

export interface LabPoolOptions {
  /**
   * A host on which a legacy table is registered, as the kernel keeps them to the end of a namespace, empty, counts as it
   * was before.
   */
  readonly tablesStay?: boolean
  /** Is told of each lab that is closed what could not be undone. */
  readonly tell?: (left: readonly string[]) => void
}

const openRemembered = async (tablesStay: boolean): Promise<Site> => {
  const site = await openSite()
  try {
    await remember(site, tablesStay)
    return site
  } catch (error) {
    await site[Symbol.asyncDispose]()
    throw error
  }
}

/** Machines take little time to make; the command on the host is slow until it has run for a while. */
export const labPool = ({ tablesStay = false, tell = () => {} }: LabPoolOptions = {}): LabPool => {
  const idle: Site[] = []
  let isClosed = false
  const giveBack = async (site: Site): Promise<void> => {
    const left = await restore(site).catch((error: unknown) => [String(error)])
    tell(left)
    if (left.length === 0 && !isClosed) idle.push(site)
    else await site[Symbol.asyncDispose]()
  }
  return {
    async open(options = {}) {
      const site = idle.pop() ?? (await openRemembered(tablesStay))
      return labOn(site, options, () => giveBack(site))
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await Promise.all(idle.splice(0).map((site) => site[Symbol.asyncDispose]()))
    },
  }
}
