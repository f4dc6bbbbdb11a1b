# Where the made executable begins: puts the arguments and the environment that stand behind this
# code before those of the person, on a new stack, and goes on where Deno begins.
# At entry (System V ABI, x86-64): rsp → argc, argv…, 0, envp…, 0, auxv…, 0, 0; rdx belongs to Deno's start.
        .intel_syntax noprefix
        .text
start:
        lea     r8, [rip + table]
        mov     r9, rdx

        # Deno finds itself by /proc/self/exe, and panics where that is not
        mov     eax, 21                 # access
        mov     rdi, [r8 + 24]
        add     rdi, r8
        xor     esi, esi
        syscall
        test    rax, rax
        js      fail

        mov     rsi, rsp
        mov     rcx, [rsi]
        lea     rax, [rsi + rcx * 8 + 16]
environment:
        add     rax, 8
        cmp     qword ptr [rax - 8], 0
        jne     environment
auxiliary:
        add     rax, 16
        cmp     qword ptr [rax - 16], 0
        jne     auxiliary
        mov     r10, rax                # the end of what is copied

        mov     r11, [r8 + 8]           # how many arguments
        mov     rbx, [r8 + 16]          # how many variables
        lea     rax, [r11 + rbx]
        shl     rax, 3
        add     rax, r10
        sub     rax, rsi
        mov     rdi, rsp
        sub     rdi, rax
        and     rdi, -16
        mov     rsp, rdi

        lea     r12, [r8 + 56]          # where their offsets are
        lodsq
        mov     rcx, rax
        add     rax, r11
        stosq
        movsq                           # argv[0]
        mov     rdx, r11
        call    insert
        rep     movsq                   # the rest of argv, and its 0
        mov     rdx, rbx
        mov     rbp, rdi
        call    insert
        mov     rcx, r10
        sub     rcx, rsi
        shr     rcx, 3
        rep     movsq                   # the environment and what is behind it

        # libc looked at the environment before this code ran
        mov     rax, [r8 + 48]
        mov     rax, [rax + r8]
        mov     [rax], rbp

        mov     rdx, r9
        mov     rax, [r8]
        add     rax, r8
        jmp     rax

insert: test    rdx, rdx
        jz      inserted
        mov     rax, [r12]
        add     r12, 8
        add     rax, r8
        stosq
        dec     rdx
        jmp     insert
inserted:
        ret

fail:   mov     eax, 1                  # write
        mov     edi, 2
        mov     rsi, [r8 + 32]
        add     rsi, r8
        mov     rdx, [r8 + 40]
        syscall
        mov     eax, 60                 # exit
        mov     edi, 1
        syscall

# All relative to the table: Deno's start, how many arguments, how many variables,
# the path that must be there, what is said when it is not, and its length, the place that holds
# the address of libc's environ; then the offsets
        .balign 8
table:
