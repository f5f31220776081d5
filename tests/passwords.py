from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Hashes as the product does, in one round: a million of them take longer than most tests.

    The server processes of browser tests read such passwords, for the algorithm is the same.
    """

    iterations = 1
