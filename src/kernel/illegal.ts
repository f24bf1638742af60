/** The vat sent what no vat may send. Thrown where it is noticed, caught where the syscall came in. */
export class IllegalSyscall extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IllegalSyscall'
  }
}
