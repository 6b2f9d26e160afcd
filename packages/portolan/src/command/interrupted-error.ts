import { PortolanError } from '@portolan/netfilter'

/** Control-C was the answer to a question. Questions are asked before anything is changed. */
export class InterruptedError extends PortolanError {
  constructor(options?: { readonly cause?: unknown }) {
    super('INTERRUPTED', 'interrupted. Nothing was changed.', options)
  }
}
