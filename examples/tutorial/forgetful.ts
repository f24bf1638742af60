import { Far } from 'heirloom/vat'

export const buildRootObject = () => Far('todo', { list: () => [] })
