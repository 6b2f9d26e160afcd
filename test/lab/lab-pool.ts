import { type Lab, type LabOptions, labOn } from './lab.ts'
import { remember, restore } from './restore.ts'
import { openSite, type Site } from './site.ts'

/**
 * Labs for one test after the other. A closed lab's machines are used again where they could be restored. A test opens
 * a lab of its own where it changes sysctls or links of a machine around the host: the pool does not compare these.
 */
export interface Labs {
  open(options?: LabOptions): Promise<Lab>
}

export interface LabPool extends Labs, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
}

export interface LabPoolOptions {
  /**
   * True: a host counts as restored though an empty legacy table is registered. The kernel keeps such a table until the
   * namespace ends.
   */
  readonly tablesStay?: boolean
  /** Is called for each closed lab, with what could not be undone. */
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

/**
 * Making machines takes little time. But the command on a new host is slow until it has run for a while, so hosts stay.
 */
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
